package abide

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
)

// Events are the changes of a session. Close them, or end their context.
type Events struct {
	ctx    context.Context
	closer io.Closer
	lines  *bufio.Scanner
}

// Events begin with the present state of the session. They have no timeout: they end with the context.
func (c *Client) Events(ctx context.Context, account string) (*Events, error) {
	closer, response, _, err := c.ask(ctx, http.MethodGet, "/v1/sessions/"+url.PathEscape(account)+"/events", nil)
	if err != nil {
		return nil, err
	}
	if !isStream(response) {
		closer.Close()
		return nil, &Error{Code: AnswerUnreadable, Description: "The answer is not a stream of events."}
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, longest)
	return &Events{ctx, closer, lines}, nil
}

// Next waits for a change. It is [io.EOF] when the agent has closed the stream.
func (e *Events) Next() (*Session, error) {
	var data bytes.Buffer
	for e.lines.Scan() {
		line := e.lines.Bytes()
		if len(line) == 0 && data.Len() > 0 {
			session := new(Session)
			if err := json.Unmarshal(data.Bytes(), session); err != nil {
				return nil, &Error{Code: AnswerUnreadable, Description: "An event is not JSON.", cause: err}
			}
			return session, nil
		}
		if rest, found := bytes.CutPrefix(line, []byte("data:")); found {
			data.Write(bytes.TrimPrefix(rest, []byte(" ")))
			data.WriteByte('\n')
		}
	}
	switch err := e.lines.Err(); {
	case e.ctx.Err() != nil:
		return nil, context.Cause(e.ctx)
	case err == nil:
		return nil, io.EOF
	case errors.Is(err, bufio.ErrTooLong):
		return nil, &Error{Code: AnswerTooLong, Description: "An event is too long."}
	default:
		return nil, notRunning("The agent has ended ("+err.Error()+").", err)
	}
}

// Close ends the stream.
func (e *Events) Close() error { return e.closer.Close() }
