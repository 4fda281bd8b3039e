package abide

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
)

// The longest answer that is read, and the longest event, in bytes.
const longest = 4 << 20

// connection is one connection to the agent. A nonce is good on it alone, so another one is never opened in its place.
//
// The requests are written and read here, and not by [http.Transport]: that one reads while it writes, which a named pipe of Windows
// that was opened for one thing at a time does not allow.
type connection struct {
	stream io.ReadWriteCloser
	reader *bufio.Reader
	host   string
	// name is what signatures have of the connection.
	name string
}

func newConnection(stream io.ReadWriteCloser, host, name string) *connection {
	return &connection{stream, bufio.NewReader(stream), host, name}
}

// overSocket connects to the socket, which belongs to this user.
func overSocket(ctx context.Context, path string) (*connection, error) {
	stream, err := dialSocket(ctx, path)
	if err != nil {
		return nil, unanswered(ctx, err)
	}
	return newConnection(stream, "localhost", "socket"), nil
}

// overTCP connects to an address on this computer.
func overTCP(ctx context.Context, address string) (*connection, error) {
	parts, err := url.Parse(address)
	local := err == nil && parts.Scheme == "http" && parts.Port() != ""
	if local {
		switch parts.Hostname() {
		case "127.0.0.1", "::1", "localhost":
		default:
			local = false
		}
	}
	if !local {
		return nil, errors.New("abide: the address of Abide is http://127.0.0.1:PORT")
	}
	stream, err := new(net.Dialer).DialContext(ctx, "tcp", parts.Host)
	if err != nil {
		return nil, unanswered(ctx, err)
	}
	return newConnection(stream, parts.Host, stream.LocalAddr().String()+" "+stream.RemoteAddr().String()), nil
}

// unanswered is why there is no answer: the context's error if that has ended.
func unanswered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var refused *Error
	if errors.As(err, &refused) {
		return err
	}
	return notRunning("No agent answers ("+err.Error()+").", err)
}

// send writes a request and reads the head of its answer.
func (c *connection) send(method, target, authorization string, body []byte) (*http.Response, error) {
	var text bytes.Buffer
	text.WriteString(method + " " + target + " HTTP/1.1\r\n")
	header := http.Header{"Host": {c.host}}
	if authorization != "" {
		header.Set("Authorization", authorization)
	}
	if len(body) > 0 {
		header.Set("Content-Type", "application/json")
		header.Set("Content-Length", itoa(len(body)))
	}
	if err := header.Write(&text); err != nil {
		return nil, err
	}
	text.WriteString("\r\n")
	text.Write(body)
	if _, err := c.stream.Write(text.Bytes()); err != nil {
		return nil, err
	}
	return http.ReadResponse(c.reader, &http.Request{Method: method})
}

// signed sends a request, after the agent has proved itself, and checks the signature of the answer. The body is not read yet
// if the answer is a stream of events.
func (c *connection) signed(key *key, method, target string, body []byte) (*http.Response, []byte, error) {
	exchange, err := key.fresh(http.MethodGet, "/v1/challenge", c.name)
	if err != nil {
		return nil, nil, err
	}
	_, content, err := c.proved(exchange, nil, "")
	if err != nil {
		return nil, nil, err
	}
	var challenge struct {
		Nonce string `json:"nonce"`
	}
	if err := json.Unmarshal(content, &challenge); err != nil || challenge.Nonce == "" {
		return nil, nil, &Error{Code: AnswerUnreadable, Description: "The agent has sent no nonce.", cause: err}
	}
	if exchange, err = key.fresh(method, target, c.name); err != nil {
		return nil, nil, err
	}
	return c.proved(exchange, body, challenge.Nonce)
}

func (c *connection) proved(exchange *exchange, body []byte, nonce string) (*http.Response, []byte, error) {
	response, err := c.send(exchange.method, exchange.target, exchange.authorization(body, nonce), body)
	if err != nil {
		return nil, nil, err
	}
	content, sum := []byte(nil), "stream"
	if !isStream(response) {
		if content, err = whole(response); err != nil {
			return nil, nil, err
		}
		sum = digest(content)
	}
	if !exchange.proves(response.StatusCode, sum, response.Header.Get(answered)) {
		return nil, nil, notProved()
	}
	return response, content, nil
}

// plain sends a request over the socket.
func (c *connection) plain(method, target string, body []byte) (*http.Response, []byte, error) {
	response, err := c.send(method, target, "", body)
	if err != nil || isStream(response) {
		return response, nil, err
	}
	content, err := whole(response)
	return response, content, err
}

func isStream(response *http.Response) bool {
	return response.StatusCode == http.StatusOK && response.Header.Get("Content-Type") == "text/event-stream"
}

func whole(response *http.Response) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(response.Body, longest+1))
	if err == nil && len(content) > longest {
		err = &Error{Code: AnswerTooLong, Description: "The answer is too long."}
	}
	return content, err
}

// refusal is the error in an answer, if it is one.
func refusal(status int, content []byte) error {
	if status < 400 {
		return nil
	}
	var answer struct {
		Error       Code   `json:"error"`
		Description string `json:"error_description"`
		Case        string `json:"case"`
	}
	if json.Unmarshal(content, &answer) != nil || answer.Error == "" {
		return &Error{Code: AnswerUnreadable, Description: "The agent answered with " + itoa(status) + "."}
	}
	return &Error{Code: answer.Error, Description: answer.Description, Case: answer.Case}
}
