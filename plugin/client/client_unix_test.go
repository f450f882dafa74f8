//go:build unix

package client

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// What the host sets for a plugin goes before its own environment, and plugins that are
// started at the same time with one list share nothing.
func TestThePluginGetsTheEnvironmentThatTheHostChose(t *testing.T) {
	t.Setenv("LEMEXPORT_TEST", "of the host")
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"variable $LEMEXPORT_TEST, folder $PLUGIN_UNIX_SOCKET_DIR\" >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	env := append(make([]string, 0, 64), "LEMEXPORT_TEST=of the plugin") // with room, as a list often has
	seen := make(map[string]bool)
	var mu sync.Mutex
	var starts sync.WaitGroup
	for range 4 {
		starts.Go(func() {
			_, err := Start(t.Context(), StartOptions{Path: program, Env: env})
			if err == nil || !strings.Contains(err.Error(), "variable of the plugin, folder") {
				t.Errorf("%v", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[err.Error()] = true
		})
	}
	starts.Wait()
	if len(seen) != 4 {
		t.Errorf("%d folders for 4 plugins", len(seen))
	}
}
