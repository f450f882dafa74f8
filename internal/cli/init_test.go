package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

func TestInitAsksForTheDestinationOnATerminal(t *testing.T) {
	for name, test := range map[string]struct{ answer, want string }{
		"a place":   {"s3://lake/inbox\n", `destination = "s3://lake/inbox"`},
		"nothing":   {"\n", `destination = "./out"`},
		"the end":   {"", `destination = "./out"`},
		"a Windows": {`C:\data` + "\n", `destination = "C:\\data"`},
		"template":  {"${x}\n", `destination = "$${x}"`},
	} {
		t.Run(name, func(t *testing.T) {
			c, folder := newConsole(test.answer), filepath.Join(t.TempDir(), "new")
			c.width = 80
			if status := c.Main(t.Context(), []string{"init", folder}); status != 0 {
				t.Fatalf("exit %d: %s", status, c.both())
			}
			body, err := os.ReadFile(filepath.Join(folder, configName))
			if err != nil || !strings.Contains(string(body), test.want) {
				t.Errorf("%s, %v", body, err)
			}
			if !strings.Contains(c.err.String(), "Where does the export go?") {
				t.Errorf("nothing was asked: %s", &c.err)
			}
		})
	}
}

func TestInitWritesNothingThatIsNotValid(t *testing.T) {
	c, folder := newConsole(""), t.TempDir()
	c.LoadConfig = func(Configuration) ([]exporter.Job, exporter.Diagnostics) {
		return nil, exporter.Diagnostics{{Severity: exporter.SeverityError, Summary: "Invalid destination"}}
	}
	if status := c.Main(t.Context(), []string{"init", "-destination=ftp://a", folder}); status != exporter.ExitError {
		t.Errorf("exit %d", status)
	}
	if !strings.Contains(c.err.String(), "Invalid destination") {
		t.Error(c.both())
	}
	if _, err := os.Stat(filepath.Join(folder, configName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
}
