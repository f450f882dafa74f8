package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/schema"
)

const (
	module      = "github.com/lemexport/lemexport"
	tableName   = "inbox_conversations"
	keyVariable = "LEMLIST_API_KEY"
)

// file is what the readers are told of one file.
type file struct {
	Name      string     `json:"name"` // dataset-setting
	Path      string     `json:"path"` // below the folder
	Dataset   string     `json:"dataset"`
	Setting   string     `json:"setting"`
	Format    string     `json:"format"`
	Columns   []column   `json:"columns"`
	Questions []question `json:"questions"`
}

// column is a column in words that every reader's script understands.
type column struct {
	Name string `json:"name"`
	Type string `json:"type"` // text, time, bool, list or struct
}

// makeFiles exports every dataset in every setting with the built program, and writes
// what we read of the files ourselves.
func makeFiles(ctx context.Context, folder string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	for _, name := range []string{"files", "ours", "seen"} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o700); err != nil {
			return err
		}
	}
	binary := filepath.Join(folder, "lemexport")
	if output, err := exec.CommandContext(ctx, "go", "build", "-o", binary, module).CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w\n%s", err, output)
	}
	all, err := datasets()
	if err != nil {
		return err
	}
	var files []file
	for _, d := range all {
		if err := d.export(ctx, folder, binary); err != nil {
			return fmt.Errorf("export %s: %w", d.name, err)
		}
		more, err := d.collect(ctx, folder)
		if err != nil {
			return fmt.Errorf("read %s: %w", d.name, err)
		}
		files = append(files, more...)
	}
	return writeJSON(filepath.Join(folder, "files.json"), files)
}

// export runs one apply, which writes the dataset in every setting.
func (d dataset) export(ctx context.Context, folder, binary string) (err error) {
	key := strings.Repeat("0123456789abcdef", 2)
	server, err := sim.New(sim.Options{Rows: d.rows, UserIDs: d.users, Key: key, Unlimited: true})
	if err != nil {
		return err
	}
	running, err := server.Start(ctx, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, running.Close()) }()
	place := filepath.Join(folder, d.name)
	if err := os.MkdirAll(place, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(place, "main.hcl"), []byte(d.config(running.URL())), 0o600); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, binary, "apply", "-auto-approve", place)
	command.Dir = place
	command.Env = []string{keyVariable + "=" + key, "HOME=" + place, "TMPDIR=" + place, "XDG_CACHE_HOME=" + place, "NO_COLOR=1"}
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, output[max(0, len(output)-2000):])
	}
	return nil
}

// settings are those that the dataset is exported in.
func (d dataset) settings() []setting {
	return slices.DeleteFunc(settings(), func(s setting) bool { return s.once && d.name != "all" })
}

// config is the configuration of export.
func (d dataset) config(endpoint string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "source \"lemlist\" {\n  api_key  = env(%q)\n  endpoint = %q\n}\n", keyVariable, endpoint)
	for _, s := range d.settings() {
		fmt.Fprintf(&b, "\nexport %q {\n  destination = \"./%s\"\n  format      = %q\n%s", tableName, s.name, s.format, s.block)
		if d.exclude != nil {
			quoted := `"` + strings.Join(d.exclude, `", "`) + `"`
			fmt.Fprintf(&b, "\n  columns {\n    exclude = [%s]\n  }\n", quoted)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// collect moves the files to one folder and reads them.
func (d dataset) collect(ctx context.Context, folder string) ([]file, error) {
	table, err := schema.InboxConversations().Select(schema.Selection{Exclude: d.exclude})
	if err != nil {
		return nil, err
	}
	var files []file
	var first []byte
	for _, s := range d.settings() {
		name := d.name + "-" + s.name
		f := file{Name: name, Path: "files/" + name + "." + s.format, Dataset: d.name, Setting: s.name, Format: s.format}
		to := filepath.Join(folder, f.Path)
		if err := os.Rename(filepath.Join(folder, d.name, s.name, tableName+"."+s.format), to); err != nil {
			return nil, err
		}
		rows, err := ownRows(ctx, to, table)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if len(rows) != len(d.rows) {
			return nil, fmt.Errorf("%s has %d rows instead of %d", name, len(rows), len(d.rows))
		}
		lines, err := jsonLines(rows)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = lines
		}
		if !bytes.Equal(lines, first) {
			return nil, fmt.Errorf("%s has other rows than the first setting", name)
		}
		if err := os.WriteFile(filepath.Join(folder, "ours", name+".jsonl"), lines, 0o600); err != nil {
			return nil, err
		}
		for _, c := range table.Columns {
			f.Columns = append(f.Columns, column{c.Name, typeName(c.Type)})
		}
		f.Questions = questions(table, rows)
		files = append(files, f)
	}
	return files, nil
}

func typeName(t schema.Type) string {
	switch t {
	case schema.Timestamp:
		return "time"
	case schema.Bool:
		return "bool"
	case schema.List:
		return "list"
	case schema.Struct:
		return "struct"
	default:
		return "text"
	}
}

func jsonLines(rows []row) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	for _, r := range rows {
		if err := encoder.Encode(r); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func writeJSON(path string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o600)
}
