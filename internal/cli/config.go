package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// SourceFile is a configuration file.
type SourceFile struct {
	// Name is the path as the user would type it.
	Name  string
	Bytes []byte
}

// maxSource limits the memory that a mistyped path can take. The configuration has a
// stricter limit.
const maxSource = 1 << 20

// readConfig reads the file at path, or every *.hcl and *.hcl.json of the folder, sorted by
// name; "" is the working folder.
func readConfig(path string) ([]SourceFile, error) {
	names, err := configFiles(path)
	if err != nil {
		return nil, err
	}
	files, left := make([]SourceFile, 0, len(names)), maxSource
	for _, name := range names {
		file, err := readSource(name)
		if err != nil {
			return nil, err
		}
		if left -= len(file.Bytes); left < 0 {
			return nil, exporter.WithHint(fmt.Errorf("the files *.hcl and *.hcl.json in %s have more than %d bytes together: that is too large for a configuration", folderName(path), maxSource),
				"Give the path of one file, or of a folder that holds one configuration.")
		}
		files = append(files, file)
	}
	return files, nil
}

func configFiles(path string) ([]string, error) {
	if path == "" {
		path = "."
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, exporter.WithHint(fmt.Errorf("no file or folder %s", exporter.WithoutQuery(path)), "Give a configuration file, or a folder that holds files *.hcl or *.hcl.json.")
	}
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	names, err := filesIn(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	for _, name := range names {
		// Reading a pipe or a device may never end.
		if info, err := os.Stat(name); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
			return nil, exporter.WithHint(fmt.Errorf("%s is not a regular file", name), "Remove it from the folder, or give the path of one file.")
		}
	}
	if len(names) == 0 {
		return nil, exporter.WithHint(fmt.Errorf("no *.hcl file in %s", folderName(path)),
			"Write one with 'lemexport init', or give the path of a configuration file or of its folder.")
	}
	return names, nil
}

// filesIn are the paths of the configuration files of a folder, sorted by name.
func filesIn(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		// Editors keep their own copies under hidden names.
		if entry.IsDir() || !isConfigName(entry.Name()) || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		names = append(names, filepath.Join(folder, entry.Name()))
	}
	slices.Sort(names)
	return names, nil
}

// isConfigName reports whether a file in a folder is a part of its configuration.
func isConfigName(name string) bool {
	return filepath.Ext(name) == ".hcl" || strings.HasSuffix(name, ".hcl.json")
}

func folderName(path string) string {
	if path == "." {
		return "the working folder"
	}
	return path
}

func readSource(name string) (file SourceFile, err error) {
	reader, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return SourceFile{}, fmt.Errorf("read configuration: %w", err)
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	return readLimited(reader, name)
}

func readLimited(reader io.Reader, name string) (SourceFile, error) {
	body, err := io.ReadAll(io.LimitReader(reader, maxSource+1))
	if err != nil {
		return SourceFile{}, fmt.Errorf("read configuration: %w", err)
	}
	if len(body) > maxSource {
		return SourceFile{}, fmt.Errorf("%s is larger than %d bytes: this is not a configuration", name, maxSource)
	}
	return SourceFile{Name: name, Bytes: body}, nil
}

// ReadFile reads at most so many bytes from the beginning of a file that a configuration
// names.
func ReadFile(name string, most int) (body []byte, err error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("this is a folder")
	case !info.Mode().IsRegular(): // reading a pipe or a device may never end
		return nil, errors.New("this is not a regular file")
	}
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(io.LimitReader(file, int64(most)))
}

// loader reads the jobs of a configuration: [App.LoadConfig] or [App.LoadForReading].
type loader func(source Configuration) ([]exporter.Job, exporter.Diagnostics)

// loadJobs reads a configuration and shows its warnings. When there are errors, the returned
// error contains every finding.
func loadJobs(show view, path string, variables variableFlags, load loader) ([]exporter.Job, error) {
	source, err := variables.configuration(path)
	if err != nil {
		return nil, err
	}
	jobs, diags := load(source)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	show.diagnostics(diags)
	if len(jobs) == 0 {
		return nil, exporter.WithHint(errors.New("the configuration has no team"), "Put a team into what for_each takes.")
	}
	return jobs, nil
}

// argument returns the only argument, or "".
func argument(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
