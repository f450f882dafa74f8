//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// refusal is a server of S3 that holds one object and answers as a real one does
// to credentials that lack a right, or for an object that cannot be read.
type refusal struct {
	// head, get and list are a status and a code; "" answers.
	head, get, list string
	// absent says that the bucket does not hold the object.
	absent bool
}

const theObject = "x/inbox_conversations.parquet"

// ServeHTTP implements http.Handler.
func (s refusal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, isList := "", r.URL.Query().Has("list-type")
	switch {
	case r.Method == http.MethodPut && r.Header.Get("If-None-Match") == "*":
		w.Header().Set("ETag", `"new"`)
		return
	case r.Method == http.MethodPut:
		answer = "412 PreconditionFailed"
	case isList:
		answer = s.list
	case r.URL.Path != "/lake/"+theObject && s.list == "":
		answer = "404 NoSuchKey"
	case r.Method == http.MethodHead:
		answer = s.head
	case r.Method == http.MethodGet:
		answer = s.get
	}
	switch {
	case answer != "":
	case isList:
		body := "<ListBucketResult>"
		if !s.absent && strings.HasPrefix(theObject, r.URL.Query().Get("prefix")) {
			body += "<Contents><Key>" + theObject + "</Key><Size>4096</Size><ETag>e</ETag><LastModified>2026-11-28T00:00:00.000Z</LastModified></Contents>"
		}
		_, _ = io.WriteString(w, body+"</ListBucketResult>")
		return
	default: // the object of which no byte can be read
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Content-Length", "4096")
		return
	}
	var status int
	var code string
	_, _ = fmt.Sscan(answer, &status, &code)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
	}
}

// unsafeAdvice is what no message about a file that cannot be read may say.
var unsafeAdvice = regexp.MustCompile(`(?i)in the way|\b(move|delete|remove)\b`)

// everyCommand runs every command that looks at a destination, and shows what
// each says.
func everyCommand(t *testing.T, binary, dir, destination string, env []string, attributes *syscall.SysProcAttr) string {
	t.Helper()
	config := "source \"lemlist\" {\n  simulate { conversations = 20 }\n}\nexport \"inbox_conversations\" {\n  destination = \"" + destination + "\"\n  mode = \"merge\"\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, args := range [][]string{
		{"plan"}, {"apply", "-auto-approve"}, {"verify", destination}, {"report", "-output=-", destination},
		{"verify", strings.Replace(destination+"?", "?", "/inbox_conversations.parquet?", 1)},
	} {
		last := len(args) - 1
		args[last] = strings.TrimSuffix(args[last], "?")
		command := exec.CommandContext(t.Context(), binary, args...)
		var out bytes.Buffer
		command.Dir, command.Stdout, command.Stderr, command.SysProcAttr = dir, &out, &out, attributes
		command.Env = append([]string{"GORACE=" + withoutPause, "XDG_CACHE_HOME=" + filepath.Join(dir, "cache"), "HOME=" + dir}, env...)
		err := command.Run()
		if ended, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok || ok && ended.ExitCode() != 1 {
			t.Errorf("%v ended with %v", args, err)
		}
		if found := unsafeAdvice.FindString(out.String()); found != "" {
			t.Errorf("%v says %q:\n%s", args, found, &out)
		}
		shown, _, _ := strings.Cut(strings.Join(args, " "), "?")
		status := 0
		if err != nil {
			status = 1
		}
		text := out.String()
		if i := strings.Index(text, "Error: "); i > 0 {
			text = text[i:] // behind a plan
		} else if i < 0 {
			text = ""
		}
		fmt.Fprintf(&all, "$ lemexport %s\n%s[%d]\n", shown, text, status)
	}
	return all.String()
}

func TestWhatCannotBeReadInABucketIsNeverInTheWay(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]refusal{
		"object-denied":        {head: "403 Forbidden", get: "403 AccessDenied"},
		"list-denied":          {head: "403 Forbidden", get: "403 AccessDenied", list: "403 AccessDenied"},
		"wrong-credentials":    {head: "403 Forbidden", get: "403 SignatureDoesNotMatch", list: "403 SignatureDoesNotMatch"},
		"key-of-kms-denied":    {get: "403 AccessDenied"},
		"archived":             {get: "403 InvalidObjectState"},
		"get-not-implemented":  {get: "501 NotImplemented"},
		"head-not-implemented": {head: "501 NotImplemented"},
		"missing-though-403":   {head: "403 Forbidden", absent: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listening := httptest.NewServer(server)
			t.Cleanup(listening.Close)
			dir := t.TempDir()
			got := everyCommand(t, lemexportPath(t), dir, "s3://lake/x?use_path_style=true&endpoint="+listening.URL, []string{
				"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=hunter2hunter2", "AWS_EC2_METADATA_DISABLED=true",
				"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
			}, nil)
			if strings.Contains(got, "hunter2") {
				t.Error("a secret is shown")
			}
			goldenText(t, "unreadable/"+name, got)
		})
	}
}

// A user who is not root, whom permissions would not stop.
func TestWhatCannotBeReadInAFolderIsNeverInTheWay(t *testing.T) {
	t.Parallel()
	for name, shut := range map[string]func(dir string) error{
		"file-closed":   func(dir string) error { return os.Chmod(filepath.Join(dir, "out", "inbox_conversations.parquet"), 0) },
		"folder-closed": func(dir string) error { return os.Chmod(filepath.Join(dir, "out"), 0) },
		"loop-of-links": func(dir string) error {
			link := filepath.Join(dir, "out", "inbox_conversations.parquet")
			return errors.Join(os.Remove(link), os.Symlink("inbox_conversations.parquet", link))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := os.MkdirTemp("/tmp", "unreadable") //nolint:usetesting // another user has to get there
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				_ = os.Chmod(filepath.Join(dir, "out"), 0o700)
				_ = os.RemoveAll(dir)
			})
			binary, attributes := lemexportPath(t), (*syscall.SysProcAttr)(nil)
			if os.Geteuid() == 0 {
				const nobody = 65534
				attributes = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
				binary = filepath.Join(dir, "lemexport")
				if err := errors.Join(os.Chmod(dir, 0o777), os.Link(lemexportPath(t), binary)); err != nil {
					t.Fatal(err)
				}
			}
			first := exec.CommandContext(t.Context(), binary, "apply", "-auto-approve")
			first.Dir, first.SysProcAttr, first.Env = dir, attributes, []string{"GORACE=" + withoutPause, "XDG_CACHE_HOME=" + filepath.Join(dir, "cache"), "HOME=" + dir}
			config := "source \"lemlist\" {\n  simulate { conversations = 20 }\n}\nexport \"inbox_conversations\" {\n  destination = \"out\"\n}\n"
			if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(config), 0o644); err != nil {
				t.Fatal(err)
			}
			if out, err := first.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if err := shut(dir); err != nil {
				t.Fatal(err)
			}
			goldenText(t, "unreadable/"+name, everyCommand(t, binary, dir, "out", nil, attributes))
		})
	}
}

// goldenText compares a text with testdata/<name>.golden.
func goldenText(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("differs from %s (-want +got):\n%s", file, diff)
	}
}
