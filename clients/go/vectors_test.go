package abide

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

type vector struct {
	Name, Key, Secret, ID, Method, Target, Body, Nonce, Cnonce, Connection, Signed, Mac, Authorization string

	Answer struct {
		Status      int
		Body        *string
		Signed, Mac string
	}
}

func vectors(t *testing.T) []vector {
	t.Helper()
	text, err := os.ReadFile("../signed-requests.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Requests []vector }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Requests) == 0 {
		t.Fatal("no vectors")
	}
	return file.Requests
}

func TestVectors(t *testing.T) {
	for _, vector := range vectors(t) {
		t.Run(vector.Name, func(t *testing.T) {
			key, err := parseKey(vector.Key)
			if err != nil {
				t.Fatal(err)
			}
			equal := func(found, wanted string) {
				t.Helper()
				if found != wanted {
					t.Errorf("%q, not %q", found, wanted)
				}
			}
			exchange := &exchange{key, vector.Method, vector.Target, vector.Cnonce, vector.Connection}
			equal(key.id, vector.ID)
			equal(exchange.request([]byte(vector.Body), vector.Nonce), vector.Signed)
			equal(key.mac(vector.Signed), vector.Mac)
			equal(exchange.authorization([]byte(vector.Body), vector.Nonce), vector.Authorization)
			sum := "stream"
			if vector.Answer.Body != nil {
				sum = digest([]byte(*vector.Answer.Body))
			}
			status, mac := vector.Answer.Status, vector.Answer.Mac
			equal(exchange.answer(status, sum), vector.Answer.Signed)
			if !exchange.proves(status, sum, mac) || exchange.proves(status+1, sum, mac) {
				t.Error("the right signature, and no other")
			}
			for _, wrong := range []string{"", mac[1:], mac + "0"} {
				if exchange.proves(status, sum, wrong) {
					t.Errorf("%q proves", wrong)
				}
			}
		})
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	vector := vectors(t)[0]
	client, err := New(Options{Key: vector.Key})
	if err != nil {
		t.Fatal(err)
	}
	token := &Token{AccessToken: "at-secret", DPoP: "at-secret"}
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		shown := fmt.Sprintf(form, client.key) + fmt.Sprintf(form, token)
		if strings.Contains(shown, vector.Secret) || strings.Contains(shown, "at-secret") {
			t.Errorf("%s: %s", form, shown)
		}
		if strings.Contains(fmt.Sprintf(form, client), vector.Secret) {
			t.Errorf("%s prints the key of a client", form)
		}
	}
	for _, wrong := range []string{"abide_plainplainplainplainplain", vector.Key[:len(vector.Key)-30], "abide_hmac_x_" + strings.Repeat("a", 43)} {
		if _, err := New(Options{Key: wrong}); err == nil {
			t.Errorf("%q is no key", wrong)
		}
	}
}

func TestPlaces(t *testing.T) {
	for _, place := range []struct {
		system    string
		variables map[string]string
		runtime   string
	}{
		{"linux", map[string]string{"HOME": "/home/a", "XDG_RUNTIME_DIR": "/run/user/1"}, "/run/user/1/abide"},
		{"linux", map[string]string{"HOME": "/home/a"}, "/home/a/.local/state/abide/run"},
		{"linux", map[string]string{"HOME": "/home/a", "XDG_RUNTIME_DIR": "relative"}, "/home/a/.local/state/abide/run"},
		{"darwin", map[string]string{"HOME": "/Users/a"}, "/Users/a/Library/Application Support/Abide/run"},
		{"linux", nil, ""},
	} {
		found, err := findPlaces(place.system, func(name string) string { return place.variables[name] })
		if found.runtime != place.runtime || (err != nil) != (place.runtime == "") {
			t.Errorf("%v: %q, %v", place, found.runtime, err)
		}
	}
	open := t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{"HOME": "/home/a", "XDG_RUNTIME_DIR": open}
	found, err := findPlaces("linux", func(name string) string { return variables[name] })
	if runtime.GOOS != "windows" && (found.runtime != "/home/a/.local/state/abide/run" || err != nil) {
		t.Errorf("a folder that every user may write to: %q, %v", found.runtime, err)
	}
	// As crates/wire has it: letters of either case are the same folder.
	if a, b := pipeName(`C:\Users\A\AppData\Local\Abide`), pipeName(`c:\users\a\appdata\local\abide`); a != b || !strings.HasPrefix(a, `\\.\pipe\abide-`) {
		t.Error(a, b)
	}
}
