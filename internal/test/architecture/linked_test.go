package architecture

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// notLinked are packages that the program must not link, with the reason. A name stands
// for the packages below it too.
var notLinked = map[string]string{
	"net/rpc":                        "it calls methods by name, so that the linker keeps every exported method of all types: megabytes",
	"github.com/hashicorp/go-plugin": "it links net/rpc; hosts use it through plugin/client, and plugin serves its protocol itself",
	"github.com/hashicorp/go-hclog":  "records are written by log/slog, in the same form",
}

func TestTheProgramDoesNotLinkWhatItsClientNeeds(t *testing.T) {
	for _, system := range []string{"linux", "windows"} {
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", ".")
		list.Dir = filepath.Join("..", "..", "..")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		output, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		linked := strings.Fields(string(output))
		if !slices.Contains(linked, Module+"/plugin") {
			t.Errorf("%d packages are linked, and plugin is not among them", len(linked))
		}
		for _, folder := range linked {
			for name, reason := range notLinked {
				if strings.HasPrefix(folder+"/", name+"/") {
					t.Errorf("%s links %s: %s", system, folder, reason)
				}
			}
		}
	}
}
