package parquet

import (
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/lemexport/lemexport/exporter"
)

// compare names the first difference between what a file has and what a table
// needs, walking both in order. Only a column with an id needs that id: an earlier
// version wrote ids when columns were left out.
func compare(path string, got, want parquet.Node) error {
	have, need := got.Fields(), want.Fields()
	for i, field := range need {
		name := strings.TrimPrefix(path+"."+field.Name(), ".")
		switch {
		case i >= len(have):
			return fmt.Errorf("column %q is missing", name)
		case have[i].Name() != field.Name():
			return fmt.Errorf("column %d of %s is %.100q instead of %q", i+1, place(path), have[i].Name(), field.Name())
		case describe(have[i], field.ID() != 0) != describe(field, true):
			return fmt.Errorf("column %q is %q instead of %q", name, describe(have[i], field.ID() != 0), describe(field, true))
		}
		if err := compare(name, have[i], field); err != nil {
			return err
		}
	}
	if len(have) > len(need) {
		return fmt.Errorf("unexpected column %.100q in %s", have[len(need)].Name(), place(path))
	}
	return nil
}

func place(path string) string {
	if path == "" {
		return "the table"
	}
	return fmt.Sprintf("%q", path)
}

// describe says everything about a node that readers depend on, but its name
// and its fields: "optional INT64 TIMESTAMP(isAdjustedToUTC=true,unit=MICROS) id=5".
// The id is left out unless it is asked for.
func describe(n parquet.Node, id bool) string {
	var words []string
	switch {
	case n.Optional():
		words = append(words, "optional")
	case n.Repeated():
		words = append(words, "repeated")
	default:
		words = append(words, "required")
	}
	if physical := n.Type().PhysicalType(); physical != nil {
		words = append(words, physical.String())
	} else {
		words = append(words, "group")
	}
	if logical := n.Type().LogicalType(); logical != nil {
		words = append(words, fmt.Sprint(logical.Value))
	}
	if id && n.ID() != 0 {
		words = append(words, fmt.Sprintf("id=%d", n.ID()))
	}
	return strings.Join(words, " ")
}

// checkSchema compares a file's schema with a layout's.
func checkSchema(file *parquet.File, layout *layout) (err error) {
	defer catch(&err)
	want, err := layout.root()
	if err != nil {
		return err
	}
	if err := compare("", file.Root(), want); err != nil {
		return exporter.WithHint(fmt.Errorf("the file does not hold the table %s in version %d: %w", layout.table.Name, layout.table.Version, err),
			"Another program or another version of lemexport wrote the file. Export again, or read it with the version that wrote it.")
	}
	return nil
}
