package abide

// Against a real agent, which `./x test client_libraries` starts: tests/tests/client_libraries.rs.

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

var ctx = context.Background()

func environment(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv("ABIDE_TEST_" + name)
	if value == "" {
		t.Skip("there is no agent: `./x test client_libraries` starts one")
	}
	return value
}

func signing(t *testing.T, address string) *Client {
	t.Helper()
	client, err := New(Options{Key: environment(t, "KEY"), Address: address, Command: environment(t, "COMMAND")})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func agent(t *testing.T) *Client { t.Helper(); return signing(t, environment(t, "ADDRESS")) }

func code(t *testing.T, err error, wanted Code) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Errorf("%v, not %s", err, string(wanted))
	}
}

func done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSignedRequest(t *testing.T) {
	client := agent(t)
	token, err := client.Token(ctx, Wanted{Account: "work"})
	done(t, err)
	if token.Account != "work" || token.TokenType != "Bearer" || token.AccessToken == "" || time.Until(token.Expiry) <= 0 {
		t.Error(token)
	}
	session, err := client.Session(ctx, "work")
	done(t, err)
	if session.State != "active" || session.ExpiresIn == nil || !bytes.Contains(session.Raw, []byte(`"layers"`)) {
		t.Errorf("%+v", session)
	}
	sessions, err := client.Sessions(ctx)
	done(t, err)
	if len(sessions) != 1 {
		t.Error(sessions)
	}
	claims, err := client.Claims(ctx, "work")
	done(t, err)
	if claims["sub"] == "" {
		t.Error(claims)
	}
	done(t, client.Activity(ctx, "work"))
	done(t, client.Keep(ctx, "work"))
}

func TestAgentIsFound(t *testing.T) {
	for name, key := range map[string]string{"signed": environment(t, "KEY"), "socket": ""} {
		client, err := New(Options{Key: key})
		done(t, err)
		session, err := client.Session(ctx, "work")
		done(t, err)
		if session.Account != "work" {
			t.Error(name, session)
		}
	}
}

func TestRefusals(t *testing.T) {
	client := agent(t)
	_, err := client.Token(ctx, Wanted{Account: "nosuch"})
	code(t, err, UnknownAccount)
	var refused *Error
	if !errors.As(err, &refused) || refused.Description == "" {
		t.Error(err)
	}
	_, err = client.Stronger(ctx, []string{"Bearer"}, Wanted{Account: "work"})
	code(t, err, InvalidRequest)
	code(t, client.Logout(ctx, "nosuch"), LogoutFailed)
	other, err := New(Options{Key: "abide_hmac_0123456789abcdef_" + strings.Repeat("a", 43), Address: environment(t, "ADDRESS")})
	done(t, err)
	_, err = other.Token(ctx, Wanted{})
	code(t, err, AgentNotProved)
	if _, err := New(Options{Key: environment(t, "PLAIN_KEY")}); err == nil {
		t.Error("a plain key is not sent by this library")
	}
	if _, err := signing(t, "http://abide.example:80").Token(ctx, Wanted{}); err == nil {
		t.Error("another computer is not asked")
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := client.Token(over, Wanted{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestRelay has a program between client and agent, which passes everything on and keeps it.
func TestRelay(t *testing.T) {
	agentAddress, err := url.Parse(environment(t, "ADDRESS"))
	done(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	done(t, err)
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	var seen bytes.Buffer
	var mutex sync.Mutex
	pump := func(from, to net.Conn, asks bool) {
		defer to.Close()
		part := make([]byte, 64<<10)
		for {
			count, err := from.Read(part)
			if err != nil {
				return
			}
			mutex.Lock()
			seen.Write(part[:count])
			mutex.Unlock()
			data := part[:count]
			if asks {
				data = bytes.ReplaceAll(data, []byte(":"+port), []byte(":"+agentAddress.Port()))
			}
			to.Write(data)
		}
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			agent, err := net.Dial("tcp", agentAddress.Host)
			if err != nil {
				return
			}
			go pump(client, agent, true)
			go pump(agent, client, false)
		}
	}()
	_, err = signing(t, "http://"+listener.Addr().String()).Token(ctx, Wanted{Account: "work", Reason: "a-reason-to-find"})
	code(t, err, AgentNotProved)
	mutex.Lock()
	defer mutex.Unlock()
	if !strings.Contains(seen.String(), "/v1/challenge") {
		t.Error("nothing went through the relay")
	}
	for _, secret := range []string{environment(t, "KEY")[len("abide_hmac_0123456789abcdef_"):], "access_token", "a-reason-to-find"} {
		if strings.Contains(seen.String(), secret) {
			t.Error("the relay has seen " + secret)
		}
	}
}

func TestWrongAgent(t *testing.T) {
	environment(t, "ADDRESS")
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set(answered, strings.Repeat("0", 64))
		io.WriteString(writer, `{"nonce":"bm9uY2Utb2YtdGhlLWFnZW50LTAwMDAwMDAwMDAwMDE"}`)
	}))
	_, err := signing(t, server.URL).Token(ctx, Wanted{})
	code(t, err, AgentNotProved)
	server.Close()
	_, err = signing(t, server.URL).Token(ctx, Wanted{})
	code(t, err, AgentNotRunning)
	client, err := New(Options{Socket: "/nonexistent/abide.sock"})
	done(t, err)
	if environment(t, "KEY") != "" && client.key == nil {
		_, err = client.Token(ctx, Wanted{})
		code(t, err, AgentNotRunning)
	}
}

func TestTransport(t *testing.T) {
	client, api := agent(t), environment(t, "API")
	http1, err := client.HTTPClient(api, Wanted{Account: "work"})
	done(t, err)
	response, err := http1.Get(api)
	done(t, err)
	response.Body.Close()
	if response.StatusCode != 200 {
		t.Error(response.Status)
	}

	// A server that refuses the first token.
	var tokens []string
	refuse := 1
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		tokens = append(tokens, request.Header.Get("Authorization")+" "+string(body))
		if len(tokens) <= refuse {
			writer.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	there, err := client.HTTPClient(server.URL, Wanted{Account: "work"})
	done(t, err)
	// Abide renews a token only when more than a tenth of its life is over, so this one may be the same.
	response, err = there.Post(server.URL+"/orders", "text/plain", strings.NewReader("body"))
	done(t, err)
	response.Body.Close()
	for _, token := range tokens {
		if !strings.HasPrefix(token, "Bearer ") || !strings.HasSuffix(token, " body") {
			t.Error("a request without a token or its body")
		}
	}
	switch len(tokens) {
	case 1:
		if response.StatusCode != 401 {
			t.Error("the refusal arrives", response.Status)
		}
	case 2:
		if response.StatusCode != 200 || tokens[0] == tokens[1] {
			t.Error("tried again with the same token", response.Status)
		}
	default:
		t.Error("tried too often", len(tokens))
	}

	seen := func(origin, address string) string {
		var header string
		base := roundTrip(func(request *http.Request) (*http.Response, error) {
			header = request.Header.Get("Authorization")
			return &http.Response{StatusCode: 200, Body: http.NoBody, Request: request}, nil
		})
		transport, err := client.Transport(origin, Wanted{Account: "work"}, base)
		done(t, err)
		request, err := http.NewRequest(http.MethodGet, address, nil)
		done(t, err)
		_, err = transport.RoundTrip(request)
		done(t, err)
		if request.Header.Get("Authorization") != "" {
			t.Error("the caller's request has changed")
		}
		return header
	}
	for _, same := range []string{"https://api.example.com/x", "https://API.example.com:443/"} {
		if !strings.HasPrefix(seen("https://api.example.com", same), "Bearer ") {
			t.Error("no token for " + same)
		}
	}
	for _, other := range []string{"https://evil.example/", "https://api.example.com:8443/", "http://api.example.com/"} {
		if seen("https://api.example.com", other) != "" {
			t.Error("a token for " + other)
		}
	}
	if _, err := client.Transport("http://api.example.com", Wanted{}, nil); err == nil {
		t.Error("tokens go over https")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// TestRenewal has an agent of its own behind a socket, so that the tokens are the test's.
func TestRenewal(t *testing.T) {
	socket := t.TempDir() + "/a.sock"
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Skip("no sockets here: " + err.Error())
	}
	var asked []string
	fake := &http.Server{Handler: http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		asked = append(asked, request.URL.RawQuery)
		token := "old"
		if request.URL.Query().Has("min_validity") {
			token = "new"
		}
		io.WriteString(writer, `{"access_token":"`+token+`","token_type":"Bearer","expires_at":4102444800,"scope":"a b","account":"work","issuer":"i","dpop":null}`)
	})}
	go fake.Serve(listener)
	defer fake.Close()
	t.Setenv("ABIDE_KEY", "")
	client, err := New(Options{Socket: socket})
	done(t, err)
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		got = append(got, request.Header.Get("Authorization")+" "+string(body))
		if request.URL.Path == "/never" || request.Header.Get("Authorization") != "Bearer new" {
			writer.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	api, err := client.HTTPClient(server.URL, Wanted{})
	done(t, err)
	response, err := api.Post(server.URL+"/orders?a=b", "text/plain", strings.NewReader("body"))
	done(t, err)
	response.Body.Close()
	if response.StatusCode != 200 || strings.Join(got, ",") != "Bearer old body,Bearer new body" {
		t.Error(response.Status, got)
	}
	if len(asked) != 2 || strings.Contains(asked[0], "a%3Db") || !strings.Contains(asked[0], "htm=POST") {
		t.Error(asked)
	}
	got = nil
	response, err = api.Get(server.URL + "/never")
	done(t, err)
	response.Body.Close()
	if response.StatusCode != 401 || len(got) != 2 {
		t.Error("once more, not for ever", response.Status, got)
	}
	got = nil
	// A body that can be read only once is sent once.
	response, err = api.Post(server.URL+"/orders", "text/plain", io.MultiReader(strings.NewReader("once")))
	done(t, err)
	response.Body.Close()
	if response.StatusCode != 401 || len(got) != 1 {
		t.Error(response.Status, got)
	}

	type other struct{ AccessToken string }
	source := Adapt(client.TokenSource(ctx, Wanted{}), func(token *Token) *other { return &other{token.AccessToken} })
	var shaped interface{ Token() (*other, error) } = source
	token, err := shaped.Token()
	done(t, err)
	if token.AccessToken != "old" {
		t.Error(token)
	}
}

// TestZEvents is the last one: it signs out.
func TestZEvents(t *testing.T) {
	client := agent(t)
	within, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	events, err := client.Events(within, "work")
	done(t, err)
	defer events.Close()
	session, err := events.Next()
	done(t, err)
	if session.State != "active" {
		t.Fatal(session.State)
	}
	done(t, client.Logout(ctx, "work"))
	for session.State != "ended" {
		session, err = events.Next()
		done(t, err)
	}
	_, err = client.Token(ctx, Wanted{Account: "work"})
	code(t, err, SessionExpired)
	over, stop := context.WithCancel(ctx)
	ended, err := client.Events(over, "work")
	done(t, err)
	_, err = ended.Next()
	done(t, err)
	time.AfterFunc(50*time.Millisecond, stop)
	if _, err = ended.Next(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
