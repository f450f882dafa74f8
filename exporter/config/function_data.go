package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// maxDataFile is the largest file that file() reads, in bytes: the keys of 20,000 teams take
// a third of it.
const maxDataFile = 4 << 20

// dataFiles are the files that a configuration names. Each is read once.
type dataFiles struct {
	read  func(name string, most int) ([]byte, error)
	known map[string]dataFile
}

type dataFile struct {
	text string
	err  error
}

// fileError says why a file has no text.
type fileError struct{ name, summary, detail string }

func (e *fileError) Error() string { return e.summary }

func (f *dataFiles) text(name string) (string, error) {
	file, known := f.known[name]
	if !known {
		file.text, file.err = f.open(name)
		f.known[name] = file
	}
	return file.text, file.err
}

func (f *dataFiles) open(name string) (string, error) {
	body, err := f.read(name, maxDataFile+1)
	if reason, ok := errors.AsType[*fs.PathError](err); ok {
		err = reason.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", &fileError{name, "File not found", "There is no file %s. A path is relative to the folder of the configuration file."}
	case err != nil:
		return "", &fileError{name, "File cannot be read", fmt.Sprintf("%%s: %v.", err)}
	case len(body) > maxDataFile:
		return "", &fileError{name, "File is too large", fmt.Sprintf("%%s has more than %d MiB, the limit of file().", maxDataFile>>20)}
	case !utf8.Valid(body):
		return "", &fileError{name, "File is not text", "%s is not UTF-8. Save it as UTF-8 text."}
	}
	return string(bytes.TrimPrefix(body, []byte("\uFEFF"))), nil
}

// fileFunction is file(path): the text of a file, which is relative to folder.
func fileFunction(files *dataFiles, folder string) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String, AllowMarked: true}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			name := textOf(args[0])
			if name == "" {
				return cty.NilVal, usageError("file needs the path of a file, as in file(\"keys.json\").")
			}
			if !filepath.IsAbs(name) {
				name = filepath.Join(folder, name)
			}
			text, err := files.text(name)
			if err != nil {
				return cty.NilVal, err
			}
			return cty.StringVal(text).Mark(origin{ofFile, name}), nil
		},
	})
}

// jsonFunction is jsondecode(text). Each value in the result has an origin of its own: beside
// a key there may be what is no secret.
func jsonFunction(m *meter) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String, AllowMarked: true}},
		Type:   function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			text, marks := args[0].Unmark()
			root, wrong := parseValue([]byte(text.AsString()), m)
			if wrong != nil {
				detail := wrong.detail
				if wrong.problem != "" {
					detail = fmt.Sprintf("Line %d: %s.", 1+strings.Count(text.AsString()[:wrong.offset], "\n"), wrong.problem)
				}
				return cty.NilVal, usageError("jsondecode: the text is not valid JSON. " + detail)
			}
			return root.marked(marks)
		},
	})
}
