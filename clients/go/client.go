package abide

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Timeout is how long a call waits at most, unless [Options.Timeout] or the context says less. The user has 45 seconds to answer
// Abide's question.
const Timeout = 60 * time.Second

// Options say where the agent is, and how this program proves itself. The zero value is right for most programs.
type Options struct {
	// Key signs requests. Default: ABIDE_KEY. Without one the socket is used, and the user is asked about this program.
	Key string
	// Address over TCP. Default: ABIDE_ADDRESS, or that in endpoint.json. It is used only with a key.
	Address string
	// Socket, or the name of the pipe on Windows, if it is not in the usual place.
	Socket string
	// Timeout of a call; not of a stream of events. Default: [Timeout].
	Timeout time.Duration
	// Command is the program abide, which Keep and Logout run. Default: the first in PATH.
	Command string
}

// Client is the agent of this user. It can be used by several goroutines.
type Client struct {
	key     *key
	options Options
}

// New is a client. It does not connect yet. A key that cannot sign is an error.
func New(options Options) (*Client, error) {
	if options.Key == "" {
		options.Key = os.Getenv("ABIDE_KEY")
	}
	if options.Timeout == 0 {
		options.Timeout = Timeout
	}
	if options.Command == "" {
		options.Command = "abide"
	}
	client := &Client{options: options}
	if options.Key != "" {
		key, err := parseKey(options.Key)
		if err != nil {
			return nil, err
		}
		client.key, client.options.Key = key, ""
	}
	return client, nil
}

// Wanted is what a token is for. The zero value is the session's own access token.
type Wanted struct {
	// Account is needed only if several are signed in.
	Account string
	// Resource names the APIs that the token is for (RFC 8707).
	Resource []string
	// Audience names the audiences that the token is for.
	Audience []string
	// Scope has the scopes.
	Scope []string
	// Reason is shown in Abide's question about your program, marked as your program's own words.
	Reason string
	// Background does not count as use of the session.
	Background bool
	// MinValidity is how long the token must still be valid; more than nine tenths of its lifetime means a new one.
	MinValidity time.Duration
	// Method and URL of the request, for tokens that are bound to a key (RFC 9449). [Transport] sets them.
	Method, URL string
	// Nonce is the server's last DPoP-Nonce.
	Nonce string
}

func (w Wanted) target() string {
	query := url.Values{}
	one := func(name, value string) {
		if value != "" {
			query.Set(name, value)
		}
	}
	one("account", w.Account)
	one("scope", strings.Join(w.Scope, " "))
	one("reason", w.Reason)
	one("htm", w.Method)
	one("htu", w.URL)
	one("nonce", w.Nonce)
	for _, resource := range w.Resource {
		query.Add("resource", resource)
	}
	for _, audience := range w.Audience {
		query.Add("audience", audience)
	}
	if w.MinValidity > 0 {
		query.Set("min_validity", itoa(int((w.MinValidity+time.Second-1)/time.Second)))
	}
	if w.Background {
		query.Set("activity", "none")
	}
	if len(query) == 0 {
		return "/v1/token"
	}
	return "/v1/token?" + query.Encode()
}

// Token is an access token.
type Token struct {
	AccessToken string
	// TokenType is Bearer or DPoP.
	TokenType string
	// Expiry is when it expires.
	Expiry time.Time
	// Scope has the scopes that it was issued with.
	Scope   []string
	Account string
	Issuer  string
	// DPoP is the proof for the request that was described, if the token is bound to a key.
	DPoP string
}

// SetAuthHeader adds the token to a request.
func (t *Token) SetAuthHeader(request *http.Request) {
	request.Header.Set("Authorization", t.TokenType+" "+t.AccessToken)
	if t.DPoP != "" {
		request.Header.Set("DPoP", t.DPoP)
	}
}

// String hides the token from %v and %s, GoString from %#v.
func (t *Token) String() string {
	return "token of " + t.Account + " until " + t.Expiry.Format(time.RFC3339)
}
func (t *Token) GoString() string { return t.String() }

// Token is an access token.
func (c *Client) Token(ctx context.Context, wanted Wanted) (*Token, error) {
	return c.token(ctx, http.MethodGet, wanted, nil)
}

// Stronger is a token after the stronger sign-in that a server asks for in WWW-Authenticate (RFC 9470). The browser opens.
func (c *Client) Stronger(ctx context.Context, wwwAuthenticate []string, wanted Wanted) (*Token, error) {
	return c.token(ctx, http.MethodPost, wanted, map[string]any{"www_authenticate": wwwAuthenticate})
}

func (c *Client) token(ctx context.Context, method string, wanted Wanted, body any) (*Token, error) {
	var answer struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresAt   int64  `json:"expires_at"`
		Scope       string `json:"scope"`
		Account     string `json:"account"`
		Issuer      string `json:"issuer"`
		DPoP        string `json:"dpop"`
	}
	if err := c.call(ctx, method, wanted.target(), body, &answer); err != nil {
		return nil, err
	}
	return &Token{
		AccessToken: answer.AccessToken,
		TokenType:   answer.TokenType,
		Expiry:      time.Unix(answer.ExpiresAt, 0),
		Scope:       strings.Fields(answer.Scope),
		Account:     answer.Account,
		Issuer:      answer.Issuer,
		DPoP:        answer.DPoP,
	}, nil
}

// Activity counts as use of the session: the idle time begins again.
func (c *Client) Activity(ctx context.Context, account string) error {
	_, err := c.Token(ctx, Wanted{Account: account})
	return err
}

// Session is the state of one session. [Session.Raw] has everything.
type Session struct {
	Account string `json:"account"`
	// State is signed_out, authorizing, active, expiring or ended.
	State string `json:"state"`
	// ExpiresIn is how many seconds are left until the nearest limit; nil if that is unknown.
	ExpiresIn *int64 `json:"expires_in"`
	// Limit names it: idle, absolute, provider or access_token.
	Limit     string `json:"limit"`
	CanBeKept bool   `json:"can_be_kept"`
	// Ended is the reason of the end.
	Ended string `json:"ended"`
	// Frozen: the screen is locked, and no tokens are given out.
	Frozen bool `json:"frozen"`
	// Raw is the whole answer (docs/local-endpoint.md).
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the whole answer as well.
func (s *Session) UnmarshalJSON(text []byte) error {
	type fields Session
	if err := json.Unmarshal(text, (*fields)(s)); err != nil {
		return err
	}
	s.Raw = append(json.RawMessage(nil), text...)
	return nil
}

// Sessions are the states of all sessions.
func (c *Client) Sessions(ctx context.Context) ([]Session, error) {
	var answer struct {
		Accounts []Session `json:"accounts"`
	}
	err := c.call(ctx, http.MethodGet, "/v1/sessions", nil, &answer)
	return answer.Accounts, err
}

// Session is the state of one session.
func (c *Client) Session(ctx context.Context, account string) (*Session, error) {
	session := new(Session)
	if err := c.call(ctx, http.MethodGet, "/v1/sessions/"+url.PathEscape(account), nil, session); err != nil {
		return nil, err
	}
	return session, nil
}

// Claims are the claims about the user.
func (c *Client) Claims(ctx context.Context, account string) (map[string]any, error) {
	var answer struct {
		Claims map[string]any `json:"claims"`
	}
	err := c.call(ctx, http.MethodGet, "/v1/claims/"+url.PathEscape(account), nil, &answer)
	return answer.Claims, err
}

// Keep extends the session, with the command abide: only the user may do that.
func (c *Client) Keep(ctx context.Context, account string) error {
	return c.command(ctx, KeepFailed, "keep", account)
}

// Logout signs out, with the command abide: only the user may do that.
func (c *Client) Logout(ctx context.Context, account string) error {
	return c.command(ctx, LogoutFailed, "logout", account)
}

func (c *Client) command(ctx context.Context, code Code, name, account string) error {
	words := []string{name}
	if account != "" {
		words = append(words, "--account", account)
	}
	var message strings.Builder
	command := exec.CommandContext(ctx, c.options.Command, words...)
	command.Stderr = &message
	err := command.Run()
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	description := strings.TrimSpace(message.String())
	if description == "" {
		description = err.Error()
	}
	return &Error{Code: code, Description: description, cause: err}
}

func (c *Client) call(ctx context.Context, method, target string, content, into any) error {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	connection, response, answer, err := c.ask(ctx, method, target, content)
	if err != nil {
		return err
	}
	defer connection.Close()
	if isStream(response) {
		return &Error{Code: AnswerUnreadable, Description: "The answer is a stream of events."}
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return &Error{Code: AnswerUnreadable, Description: "The answer is not the JSON that was expected.", cause: err}
	}
	return nil
}

// ask makes one call on a connection of its own, which the caller closes. It closes by itself when the context ends.
func (c *Client) ask(ctx context.Context, method, target string, content any) (io.Closer, *http.Response, []byte, error) {
	var body []byte
	if content != nil {
		var err error
		if body, err = json.Marshal(content); err != nil {
			return nil, nil, nil, err
		}
	}
	connection, err := c.connect(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { connection.stream.Close() })
	closer := closing(func() error { stop(); return connection.stream.Close() })
	var response *http.Response
	var answer []byte
	if c.key != nil {
		response, answer, err = connection.signed(c.key, method, target, body)
	} else {
		response, answer, err = connection.plain(method, target, body)
	}
	if err != nil {
		err = unanswered(ctx, err)
	} else {
		err = refusal(response.StatusCode, answer)
	}
	if err != nil {
		closer.Close()
		return nil, nil, nil, err
	}
	return closer, response, answer, nil
}

func (c *Client) connect(ctx context.Context) (*connection, error) {
	if c.key == nil {
		if c.options.Socket != "" {
			return overSocket(ctx, c.options.Socket)
		}
		places, err := ownPlaces()
		if err != nil {
			return nil, err
		}
		return overSocket(ctx, places.socket())
	}
	address := c.options.Address
	if address == "" {
		address = os.Getenv("ABIDE_ADDRESS")
	}
	if address == "" {
		places, err := ownPlaces()
		if err != nil {
			return nil, err
		}
		if address, err = places.address(); err != nil {
			return nil, err
		}
	}
	return overTCP(ctx, address)
}

type closing func() error

func (c closing) Close() error { return c() }

func itoa(number int) string { return strconv.Itoa(number) }
