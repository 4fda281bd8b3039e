package abide

import "context"

// TokenSource gives a token for the same purpose again and again.
//
// Each call asks the agent, which keeps the token until it is about to expire and answers in about a millisecond. So each call counts
// as use of the session, unless [Wanted.Background] is set, and none returns a token after the user has signed out.
type TokenSource struct {
	ctx    context.Context
	client *Client
	wanted Wanted
}

// TokenSource gives tokens for what is wanted. Requests use ctx.
func (c *Client) TokenSource(ctx context.Context, wanted Wanted) *TokenSource {
	return &TokenSource{ctx: ctx, client: c, wanted: wanted}
}

// Token is an access token. One that is bound to a key (DPoP) needs a proof for each request: use [Client.Transport] for those.
func (s *TokenSource) Token() (*Token, error) { return s.client.Token(s.ctx, s.wanted) }

// Source has the shape of golang.org/x/oauth2.TokenSource, with T in the place of oauth2.Token.
type Source[T any] interface {
	Token() (*T, error)
}

// Adapt makes a [TokenSource] one of another library. For golang.org/x/oauth2:
//
//	var source oauth2.TokenSource = abide.Adapt(tokens, func(t *abide.Token) *oauth2.Token {
//		return &oauth2.Token{AccessToken: t.AccessToken, TokenType: t.TokenType, Expiry: t.Expiry}
//	})
func Adapt[T any](source *TokenSource, convert func(*Token) *T) Source[T] {
	return adapted[T]{source, convert}
}

type adapted[T any] struct {
	source  *TokenSource
	convert func(*Token) *T
}

func (a adapted[T]) Token() (*T, error) {
	token, err := a.source.Token()
	if err != nil {
		return nil, err
	}
	return a.convert(token), nil
}
