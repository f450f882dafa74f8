package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestFlagsAreCompletedAsTheyAreTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"-detailed":  "-detailed-exitcode\t",
		"--detailed": "--detailed-exitcode\t",
		"-w":         "-work-dir\t",
		"-":          "-json\t",
		"--":         "--json\t",
	} {
		c := newConsole("")
		if status := c.Main(t.Context(), []string{"__complete", "plan", typed}); status != 0 {
			t.Fatalf("exit %d: %s", status, c.both())
		}
		if !strings.HasPrefix(c.out.String(), want) && !strings.Contains(c.out.String(), "\n"+want) {
			t.Errorf("%s: %q is not in %s", typed, want, &c.out)
		}
		if strings.Contains(c.out.String(), "`") {
			t.Errorf("%s: a backtick: %s", typed, &c.out)
		}
	}
}

// TestBashCompletesFlagsWithOneDash runs the script in a real bash, with a program that
// answers as ours does.
func TestBashCompletesFlagsWithOneDash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	c, answers := newConsole(""), newConsole("")
	c.Main(t.Context(), []string{"completion", "bash"})
	answers.Main(t.Context(), []string{"__complete", "plan", "-detailed"})
	dir := t.TempDir()
	for name, text := range map[string]string{"script": c.out.String(), "answers": answers.out.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The function of bash-completion that the script needs, for words without = and :.
	const session = `
_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
lemexport() { cat answers; }
compopt() { :; }
source ./script
COMP_WORDS=(lemexport plan -detailed); COMP_CWORD=2; COMP_TYPE=9
__start_lemexport
printf '%s\n' "${COMPREPLY[@]}"`
	command := exec.CommandContext(t.Context(), bash, "--norc", "-c", session)
	command.Dir = dir
	out, err := command.CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != "-detailed-exitcode" {
		t.Errorf("%q, %v", got, err)
	}
}
