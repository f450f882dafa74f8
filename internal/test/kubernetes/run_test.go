package kubernetes

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// node is the file system of the containers: every mount path lies below folder.
type node struct {
	*manifest
	folder string
}

// place moves the mount paths of a text below the folder.
func (n node) place(text string) string {
	var paths []string
	for _, mount := range n.container().VolumeMounts {
		paths = append(paths, regexp.QuoteMeta(mount.MountPath))
	}
	return regexp.MustCompile(`(^|[="(])(`+strings.Join(paths, "|")+`)\b`).ReplaceAllString(text, "${1}"+n.folder+"${2}")
}

// write puts a file at a path of the container.
func (n node) write(t *testing.T, path, content string) {
	t.Helper()
	path = filepath.Join(n.folder, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o400); err != nil {
		t.Fatal(err)
	}
}

// command is what the container of an index runs. The work volume of the index is
// named by the index, as its subPathExpr does.
func (n node) command(t *testing.T, program string, index int) *exec.Cmd {
	t.Helper()
	work := "/work/shard-" + strconv.Itoa(index)
	expand := func(text string) string {
		text = strings.ReplaceAll(text, "$(JOB_COMPLETION_INDEX)", strconv.Itoa(index))
		return n.place(regexp.MustCompile(`(^|=)/work\b`).ReplaceAllString(text, "${1}"+work))
	}
	if err := os.MkdirAll(filepath.Join(n.folder, work), 0o700); err != nil {
		t.Fatal(err)
	}
	container := n.container()
	if len(container.Command) != 1 || container.Command[0] != "lemexport" {
		t.Fatalf("the container runs %s", container.Command)
	}
	command := exec.CommandContext(t.Context(), program)
	for _, arg := range container.Args {
		command.Args = append(command.Args, expand(arg))
	}
	for _, variable := range container.Env { // and nothing of ours
		command.Env = append(command.Env, variable.Name+"="+expand(variable.Value))
	}
	return command
}

func build(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "lemexport")
	command := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	command.Dir = filepath.Join("..", "..", "..")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

func TestEveryIndexExportsItsTeamsAndAllOfThemEveryTeam(t *testing.T) {
	const destination = "s3://acme-lake/lemlist/team=${each.key}?region=eu-west-3"
	program, n := build(t), node{decode(t), t.TempDir()}
	teams, err := sim.NewTeams(sim.TeamsOptions{Count: 12, Each: sim.Options{Conversations: 1000, Seed: 5}})
	if err != nil {
		t.Fatal(err)
	}
	api, err := teams.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	keys := map[string]string{}
	for _, team := range teams.List() {
		keys[team.Name] = team.Key()
	}
	secret, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	n.write(t, "run/secrets/lemexport/keys.json", string(secret))
	n.write(t, "tmp/any", "")
	config := n.place(n.configMap.Data["main.hcl"])
	if !strings.Contains(config, destination) {
		t.Fatalf("the destination is not %s", destination)
	}
	config = strings.Replace(config, destination, n.folder+"/lake/team=${each.key}", 1)
	config = strings.Replace(config, `source "lemlist" {`, `source "lemlist" {`+"\n  endpoint = \""+api.URL()+`"`, 1)
	n.write(t, "etc/lemexport/main.hcl", config)

	outs := make([]bytes.Buffer, *n.job().Completions)
	var pods sync.WaitGroup
	for index := range outs {
		command := n.command(t, program, index)
		command.Stdout, command.Stderr = &outs[index], &outs[index]
		timer := time.AfterFunc(2*time.Minute, func() { _ = command.Process.Kill() })
		pods.Go(func() {
			defer timer.Stop()
			if err := command.Run(); err != nil {
				t.Errorf("index %d: %v\n%s", index, err, &outs[index])
			}
		})
	}
	pods.Wait()

	for _, team := range teams.List() {
		var by []int
		for index := range outs {
			if strings.Contains(outs[index].String(), `"team":"`+team.Name+`"`) {
				by = append(by, index)
			}
			if strings.Contains(outs[index].String(), team.Key()) {
				t.Errorf("index %d prints the key of %s", index, team.Name)
			}
		}
		if len(by) != 1 {
			t.Errorf("%s is exported by the indexes %v", team.Name, by)
		}
		if seen := team.Stats(); seen.Throttled > 0 || seen.MaxInWindow > 20 {
			t.Errorf("%s: %d of %d requests refused, %d in a window", team.Name, seen.Throttled, seen.Requests, seen.MaxInWindow)
		}
		if got := rows(t, program, filepath.Join(n.folder, "lake", "team="+team.Name)); got != team.Size {
			t.Errorf("%s: %d rows of %d", team.Name, got, team.Size)
		}
	}
}

// rows verifies a team's file, and returns its rows.
func rows(t *testing.T, program, location string) int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, "verify", "-json", location).Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", location, err, out)
	}
	match := regexp.MustCompile(`"rows":(\d+)`).FindSubmatch(out)
	if match == nil {
		t.Fatalf("%s: no rows in %s", location, out)
	}
	n, err := strconv.Atoi(string(match[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
