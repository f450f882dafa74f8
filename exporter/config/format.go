package config

import (
	"bytes"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/lemexport/lemexport/exporter"
)

// Format lays out a configuration file in the canonical way. Only white space
// changes, and formatting the result again changes nothing. A file with syntax
// errors is not formatted.
func Format(src []byte, name string) ([]byte, exporter.Diagnostics) {
	file := File{Name: name, Bytes: src}
	report := newReport([]File{file})
	if isJSON(name) {
		report.warn(place{}, "", "Not formatted", name+" is in JSON and stays as it is: fmt formats the native syntax of HCL.")
		return src, report.finish(0)
	}
	if parse(file, report, false); report.broken {
		return nil, report.finish(0)
	}
	if len(src) > 0 && !bytes.HasSuffix(src, []byte("\n")) {
		src = append(bytes.Clone(src), '\n')
	}
	formatted := hclwrite.Format(src)
	for range 3 { // one round can make room for another
		again := hclwrite.Format(formatted)
		if bytes.Equal(again, formatted) {
			break
		}
		formatted = again
	}
	return formatted, report.finish(0)
}
