package cli

import (
	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
)

func newHashKey(app App, global *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "hash-key",
		Short: "Make a key for hashed columns",
		Long: `Makes a key for hash_key in a columns block: 32 random bytes, in hexadecimal.

Only the key goes to standard output, so that it can be piped into a secret
store. lemexport keeps no copy, and hashes made with another key differ. A
configuration takes the key from an environment variable:

  hash_key = env("LEMEXPORT_HASH_KEY")

Never pass it as an argument of a command: other users of the machine can see it.`,
		Example: "  (umask 077; lemexport hash-key > hash.key)\n  LEMEXPORT_HASH_KEY=$(cat hash.key) lemexport apply",
		Args:    atMost(0),
		RunE:    func(*cobra.Command, []string) error { return runHashKey(app, *global) },
	}
}

func runHashKey(app App, global settings) error {
	key := exporter.NewHashKey()
	if global.json {
		body := encodeJSON(struct {
			HashKey string `json:"hash_key"`
		}{key})
		_, _ = app.Stdout.Write(append(body, '\n')) // App.Main looks at the error
		return nil
	}
	_, _ = app.Stdout.Write([]byte(key + "\n"))
	newTerminal(app, app.Stderr, !global.noColor).print("Keep this key in a secret store, put it into an environment variable, and write hash_key = env(\"LEMEXPORT_HASH_KEY\").\n")
	return nil
}
