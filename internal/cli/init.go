package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// configName is the file that init writes.
const configName = "main.hcl"

// initArguments are what `init` was asked for.
type initArguments struct {
	path, destination string
	simulate          bool
}

func newInit(app App, global *settings, views func() view) *cobra.Command {
	var arguments initArguments
	command := &cobra.Command{
		Use:   "init [PATH]",
		Short: "Write a configuration to begin with",
		Long: `Writes the file main.hcl with comments into the folder PATH, and says what to do
next; the default is the working folder. On a terminal it asks where the export
goes, unless -destination says it. It changes no file that is there: a folder that
holds *.hcl files already is an error.

With -simulate the configuration reads a simulated team: it needs no key.`,
		Example: "  lemexport init -simulate\n  lemexport init -destination=s3://bucket/inbox team",
		Args:    atMost(1),
		RunE: func(command *cobra.Command, args []string) error {
			if arguments.path = argument(args); arguments.path == "" {
				arguments.path = "."
			}
			return interruptible(command.Context(), app, views(), func(ctx context.Context) error {
				return interruption(ctx, runInit(ctx, app, *global, views(), arguments), "no file was written")
			})
		},
	}
	command.Flags().BoolVar(&arguments.simulate, "simulate", false, "read a simulated team, without a key")
	command.Flags().StringVar(&arguments.destination, "destination", "", "export to `LOCATION`, a folder or a URL of an object store (default ./out)")
	return command
}

func runInit(ctx context.Context, app App, global settings, show view, arguments initArguments) error {
	if err := noConfigIn(arguments.path); err != nil {
		return err
	}
	if arguments.destination == "" {
		var err error
		if arguments.destination, err = askDestination(ctx, app, global); err != nil {
			return err
		}
	}
	file := SourceFile{Name: filepath.Join(arguments.path, configName), Bytes: []byte(arguments.configuration())}
	_, found := app.LoadConfig(Configuration{Files: []SourceFile{file}, SecretsOptional: true})
	for _, one := range found {
		if one.Severity == exporter.SeverityError { // of the first destination; the others are the same
			return exporter.WithHint(fmt.Errorf("destination: %s", one.Summary), strings.TrimSpace(one.Detail+"\nNo file was written."))
		}
	}
	if err := writeNew(file); err != nil {
		return fmt.Errorf("write %s: %w", file.Name, err)
	}
	show.initialized(file.Name, arguments)
	return nil
}

// noConfigIn fails when a folder holds a configuration: init adds nothing to it.
func noConfigIn(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return exporter.WithHint(fmt.Errorf("%s is not a folder", path), "Give the folder that main.hcl is to be written into.")
	}
	there, err := filesIn(path)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return exporter.WithHint(fmt.Errorf("%s holds a configuration already: %s", folderName(path), listed(there)),
			"Nothing was changed. Edit it, or give another folder: 'lemexport init FOLDER'.")
	}
	return nil
}

// askDestination asks a person where the export goes. Without one, and for an empty
// answer, it is a folder beside the configuration.
func askDestination(ctx context.Context, app App, global settings) (string, error) {
	const usual = "./out"
	if _, _, person := app.Terminal(app.Stdin); !person || global.json {
		return usual, nil
	}
	newTerminal(app, app.Stderr, !global.noColor).print(bold("Where does the export go?") +
		" A folder, or a URL such as s3://bucket/folder.\n\n  Destination (" + usual + "): ")
	place, err := answer(ctx, app)
	if place == "" {
		place = usual
	}
	return place, err
}

// configuration is the text of main.hcl.
func (a initArguments) configuration() string {
	source := `  # The key does not belong into a file: set the variable before you run lemexport.
  # lemlist shows the key under Settings > Integrations.
  api_key = env("LEMLIST_API_KEY")

  # Read some users of the team only:
  # users = ["usr_..."]
`
	if a.simulate {
		source = `  # A simulated team: no key, no network, no real data. For your own team, remove this
  # block, uncomment api_key, and set the variable before you run lemexport.
  simulate {
    users         = 3
    conversations = 5000
  }

  # api_key = env("LEMLIST_API_KEY")
`
	}
	var exports strings.Builder
	for _, table := range schema.Tables() {
		options := ""
		if table.Name == schema.Default().Name {
			options = exportOptions
		}
		fmt.Fprintf(&exports, "\n# %s.\nexport %q {\n  destination = %s\n%s}\n", table.Description, table.Name, quoteHCL(a.destination), options)
	}
	return `# An export of a lemlist team's inbox. "lemexport plan" shows what it will read and
# write, "lemexport apply" does it.

source "lemlist" {
` + source + "}\n" + exports.String()
}

// exportOptions are what else can be said of an export.
const exportOptions = `  # The destination is a folder, or a URL: s3://bucket/folder, gs://, azblob://.

  # Replace the file by a full read every time (snapshot), merge what is newer into it
  # (merge), or add files with what is newer (append):
  # mode = "snapshot"

  # Leave out or hash what identifies people; "lemexport schema" lists the columns, and
  # "lemexport hash-key" makes a key:
  # columns {
  #   exclude  = ["extra"]
  #   hash     = ["contact.email"]
  #   hash_key = env("LEMEXPORT_HASH_KEY")
  # }
`

// quoteHCL is a text as a literal of a configuration.
func quoteHCL(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strconv.Quote(text))
}

// writeNew writes a file that is not there yet, and the folders that it is in.
func writeNew(file SourceFile) (err error) {
	if err := os.MkdirAll(filepath.Dir(file.Name), 0o755); err != nil { //nolint:gosec // it holds no secret
		return err
	}
	to, err := os.OpenFile(file.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // the user names the folder
	if err != nil {
		return err
	}
	_, err = to.Write(file.Bytes)
	if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name))
	}
	return nil
}

// initializedText names the file and says what to do next.
func initializedText(file string, arguments initArguments) string {
	path := ""
	if arguments.path != "." {
		path = " " + shellWord(arguments.path)
	}
	var steps []string
	if !arguments.simulate {
		steps = append(steps, "export LEMLIST_API_KEY=...   # lemlist shows it under Settings > Integrations")
	}
	steps = append(steps, "lemexport plan"+path, "lemexport apply"+path)
	return green(bold("Written: "+inline(file))) + "\n\nNext:\n  " + strings.Join(steps, "\n  ") + "\n"
}

// shellWord is a text as one word of a shell.
func shellWord(text string) string {
	plain := func(char rune) bool {
		return char > 127 || char >= '0' && char <= '9' || char >= 'a' && char <= 'z' || char >= 'A' && char <= 'Z' || strings.ContainsRune("/._-+:,@%=", char)
	}
	if strings.TrimFunc(text, plain) == "" {
		return inline(text)
	}
	return "'" + strings.ReplaceAll(inline(text), "'", `'\''`) + "'"
}
