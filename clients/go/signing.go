package abide

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// The scheme of docs/signed-requests.md.
const (
	scheme   = "Abide-HMAC"
	answered = "Abide-Signature"
)

var keyText = regexp.MustCompile(`^abide_hmac_([0-9a-f]{16})_([A-Za-z0-9_-]{20,128})$`)

// key is a client key that signs. It does not print.
type key struct {
	id     string
	secret []byte
}

func parseKey(text string) (*key, error) {
	found := keyText.FindStringSubmatch(strings.TrimSpace(text))
	if found == nil {
		return nil, errors.New("abide: this is not a key that signs requests. " +
			"`abide clients allow NAME`, without --plain, makes one")
	}
	return &key{id: found[1], secret: []byte(found[2])}, nil
}

// String hides the secret from %v and %s, GoString from %#v.
func (k *key) String() string   { return "key " + k.id }
func (k *key) GoString() string { return k.String() }

func (k *key) mac(text string) string {
	mac := hmac.New(sha256.New, k.secret)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// exchange is a request and its answer, as far as both signatures have it in common.
type exchange struct {
	key                            *key
	method, target, cnonce, socket string
}

// fresh is an exchange with a new nonce of the client.
func (k *key) fresh(method, target, connection string) (*exchange, error) {
	bytes := make([]byte, 24)
	if _, err := rand.Read(bytes); err != nil {
		return nil, err
	}
	return &exchange{k, method, target, base64.RawURLEncoding.EncodeToString(bytes), connection}, nil
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// request is what the client signs.
func (e *exchange) request(body []byte, nonce string) string {
	lines := []string{"abide-request-v1", e.key.id, e.method, e.target, digest(body), nonce, e.cnonce, e.socket}
	return strings.Join(lines, "\n")
}

// answer is what the agent signs. The digest is the word stream for a stream of events.
func (e *exchange) answer(status int, digest string) string {
	lines := []string{"abide-answer-v1", e.key.id, e.method, e.target, strconv.Itoa(status), digest, e.cnonce, e.socket}
	return strings.Join(lines, "\n")
}

// authorization is the header of the request; without a nonce, of a request for one.
func (e *exchange) authorization(body []byte, nonce string) string {
	if nonce == "" {
		return scheme + " id=" + e.key.id + ",cnonce=" + e.cnonce
	}
	mac := e.key.mac(e.request(body, nonce))
	return scheme + " id=" + e.key.id + ",nonce=" + nonce + ",cnonce=" + e.cnonce + ",mac=" + mac
}

// proves reports whether the agent that has the key gave this answer to this request.
func (e *exchange) proves(status int, digest, signature string) bool {
	return hmac.Equal([]byte(e.key.mac(e.answer(status, digest))), []byte(signature))
}
