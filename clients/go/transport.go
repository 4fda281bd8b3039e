package abide

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Transport is an [http.RoundTripper] that adds a token to requests to one origin, and to no other.
//
// If the server answers 401, it asks Abide for a newer token and tries once more, provided that there is a newer one and that
// the body of the request can be read again ([http.Request.GetBody]).
type Transport struct {
	client *Client
	origin string
	wanted Wanted
	base   http.RoundTripper
}

// Transport adds tokens to requests to an origin such as https://api.example.com, which is https or on this computer. Requests go
// through base, or [http.DefaultTransport].
func (c *Client) Transport(origin string, wanted Wanted, base http.RoundTripper) (*Transport, error) {
	parts, err := url.Parse(origin)
	if err != nil {
		return nil, err
	}
	if parts.Hostname() == "" || parts.Scheme != "https" && !(parts.Scheme == "http" && isLocal(parts.Hostname())) {
		return nil, errors.New("abide: tokens are sent over https, or to this computer")
	}
	if base == nil {
		base = http.DefaultTransport
	}
	return &Transport{c, originOf(parts), wanted, base}, nil
}

// HTTPClient is a client with [Client.Transport].
func (c *Client) HTTPClient(origin string, wanted Wanted) (*http.Client, error) {
	transport, err := c.Transport(origin, wanted, nil)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: transport}, nil
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func originOf(address *url.URL) string {
	port := address.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[address.Scheme]
	}
	return address.Scheme + "://" + net.JoinHostPort(strings.ToLower(address.Hostname()), port)
}

// RoundTrip sends the request with a token.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if originOf(request.URL) != t.origin {
		return t.base.RoundTrip(request)
	}
	wanted := t.wanted
	wanted.Method = request.Method
	if wanted.Method == "" {
		wanted.Method = http.MethodGet
	}
	// Without the query and the fragment (RFC 9449, section 4.2).
	wanted.URL = (&url.URL{Scheme: request.URL.Scheme, Host: request.URL.Host, Path: request.URL.Path, RawPath: request.URL.RawPath}).String()
	token, err := t.client.Token(request.Context(), wanted)
	if err != nil {
		closeBody(request)
		return nil, err
	}
	response, err := t.base.RoundTrip(with(token, request))
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	again, newer := t.newer(request, response, wanted, token)
	if newer == nil {
		return response, nil
	}
	// The connection can be used again once this answer is read.
	io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	response.Body.Close()
	return t.base.RoundTrip(with(newer, again))
}

// newer returns the request once more, and another token for it, or nil if there is no other token.
func (t *Transport) newer(request *http.Request, refused *http.Response, wanted Wanted, old *Token) (*http.Request, *Token) {
	again := request.Clone(request.Context())
	if request.Body != nil && request.Body != http.NoBody {
		if request.GetBody == nil {
			return nil, nil
		}
		body, err := request.GetBody()
		if err != nil {
			return nil, nil
		}
		again.Body = body
	}
	nonce := refused.Header.Get("DPoP-Nonce")
	if old.DPoP != "" && nonce != "" && nonce != wanted.Nonce {
		wanted.Nonce = nonce
	} else {
		// More than any token has, so Abide renews it.
		wanted.MinValidity = 24 * time.Hour
	}
	token, err := t.client.Token(request.Context(), wanted)
	if err != nil || token.AccessToken == old.AccessToken && token.DPoP == old.DPoP {
		closeBody(again)
		return nil, nil
	}
	return again, token
}

// with is the request with a token. A [http.RoundTripper] does not change the request that it gets.
func with(token *Token, request *http.Request) *http.Request {
	request = request.Clone(request.Context())
	token.SetAuthHeader(request)
	return request
}

func closeBody(request *http.Request) {
	if request.Body != nil {
		request.Body.Close()
	}
}
