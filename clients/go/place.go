package abide

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// places are the folders of this user's agent, as crates/wire/src/paths.rs has them.
type places struct{ state, runtime string }

func findPlaces(system string, variable func(string) string) (places, error) {
	folder := func(name string) string {
		if path := variable(name); filepath.IsAbs(path) {
			return path
		}
		return ""
	}
	under := func(base string, more ...string) string {
		if base == "" {
			return ""
		}
		return filepath.Join(append([]string{base}, more...)...)
	}
	first := func(paths ...string) string {
		for _, path := range paths {
			if path != "" {
				return path
			}
		}
		return ""
	}
	var found places
	switch system {
	case "windows":
		// The pipe's name is a digest of this path, so the path is written as the agent writes it.
		found.state = under(first(folder("LOCALAPPDATA"), folder("APPDATA")), "Abide")
		found.runtime = under(found.state, "run")
	case "darwin":
		found.state = under(folder("HOME"), "Library/Application Support/Abide")
		found.runtime = under(found.state, "run")
	default:
		found.state = under(first(folder("XDG_STATE_HOME"), under(folder("HOME"), ".local/state")), "abide")
		base := folder("XDG_RUNTIME_DIR")
		if anyoneMayWrite(base) {
			base = ""
		}
		found.runtime = first(under(base, "abide"), under(found.state, "run"))
	}
	if found.runtime == "" {
		return found, notRunning("The home folder of this user is not known.", nil)
	}
	return found, nil
}

// anyoneMayWrite tells whether every user may replace what is in a folder. The agent does not use it then.
func anyoneMayWrite(folder string) bool {
	found, err := os.Stat(folder)
	return err == nil && found.Mode().Perm()&0o002 != 0 && found.Mode()&os.ModeSticky == 0
}

func ownPlaces() (places, error) { return findPlaces(runtime.GOOS, os.Getenv) }

// socket is the path of the socket; on Windows the name of the pipe.
func (p places) socket() string {
	if runtime.GOOS == "windows" {
		return pipeName(p.state)
	}
	return filepath.Join(p.runtime, "abide.sock")
}

// pipeName has a digest of the state folder (FNV-1a), because every user has another one.
func pipeName(state string) string {
	hash := uint64(0xcbf29ce484222325)
	for _, letter := range []byte(state) {
		if 'A' <= letter && letter <= 'Z' {
			letter += 'a' - 'A'
		}
		hash = (hash ^ uint64(letter)) * 0x100000001b3
	}
	return fmt.Sprintf(`\\.\pipe\abide-%016x`, hash)
}

// address is the agent's address over TCP. What answers there still has to prove itself.
func (p places) address() (string, error) {
	text, err := os.ReadFile(filepath.Join(p.runtime, "endpoint.json"))
	var endpoint struct {
		HTTP string `json:"http"`
	}
	if err == nil {
		err = json.Unmarshal(text, &endpoint)
	}
	if err != nil || endpoint.HTTP == "" {
		return "", notRunning("Abide is not running: its address was not found.", err)
	}
	return endpoint.HTTP, nil
}
