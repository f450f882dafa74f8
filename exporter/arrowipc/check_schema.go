package arrowipc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"

	"github.com/lemexport/lemexport/schema"
)

// compare names the first difference between what a file has and what a table
// needs, walking both in order. Only a field with an id needs that id: an earlier
// version wrote ids when columns were left out.
func compare(path string, have, need []arrow.Field) error {
	for i, field := range need {
		name := strings.TrimPrefix(path+"."+field.Name, ".")
		switch {
		case i >= len(have):
			return fmt.Errorf("column %q is missing", name)
		case have[i].Name != field.Name:
			return fmt.Errorf("column %d of %s is %.100q instead of %q", i+1, place(path), have[i].Name, field.Name)
		case describe(have[i], field) != describe(field, field):
			return fmt.Errorf("column %q is %q instead of %q", name, describe(have[i], field), describe(field, field))
		}
		if err := compare(name, inside(have[i].Type), inside(field.Type)); err != nil {
			return err
		}
	}
	if len(have) > len(need) {
		return fmt.Errorf("unexpected column %.100q in %s", have[len(need)].Name, place(path))
	}
	return nil
}

func place(path string) string {
	if path == "" {
		return "the table"
	}
	return fmt.Sprintf("%q", path)
}

// inside are the fields of a nested type.
func inside(of arrow.DataType) []arrow.Field {
	if nested, ok := of.(arrow.NestedType); ok {
		return nested.Fields()
	}
	return nil
}

// describe says everything about a field that readers of the needed one depend
// on, but its name and its fields: "optional timestamp[us, tz=UTC] id=5".
func describe(field, need arrow.Field) string {
	words := []string{"required", field.Type.Name()}
	if field.Nullable {
		words[0] = "optional"
	}
	if inside(field.Type) == nil {
		words[1] = field.Type.String()
	}
	for _, key := range []string{schema.MetaFieldID, schema.MetaHashed} {
		if value, ok := field.Metadata.GetValue(key); ok && (key != schema.MetaFieldID || need.Metadata.FindKey(key) >= 0) {
			words = append(words, key[strings.LastIndexAny(key, ":_")+1:]+"="+value)
		}
	}
	return strings.Join(words, " ")
}

// checkArray checks that every value of an array of rows values can be read:
// the library believes the offsets and lengths that a file states.
func checkArray(values arrow.Array, column schema.Column, rows int64) error {
	data := values.Data()
	if int64(data.Len()) < rows || data.Offset() != 0 {
		return fmt.Errorf("%d values instead of %d", data.Len(), rows)
	}
	if data.NullN() != 0 {
		bitmap := data.Buffers()[0]
		if bitmap == nil || bitmap.Len() < bytesOfBits(int64(data.Len())) ||
			data.NullN() != data.Len()-bitutil.CountSetBits(bitmap.Bytes(), 0, data.Len()) {
			return errors.New("the null count does not match the bitmap")
		}
		if column.Required {
			return errors.New("a null in a required column")
		}
	}
	switch values := values.(type) {
	case *array.String:
		return checkText(values, int(rows))
	case *array.Boolean:
		if rows > 0 && data.Buffers()[1].Len() < bytesOfBits(rows) {
			return errors.New("fewer values than rows")
		}
	case *array.Timestamp:
		if len(values.TimestampValues()) < int(rows) {
			return errors.New("fewer values than rows")
		}
	case *array.List:
		if err := checkOffsets(values.Offsets(), int(rows), values.ListValues().Len()); err != nil {
			return err
		}
		return checkArray(values.ListValues(), *column.Elem, int64(values.ListValues().Len()))
	case *array.Struct:
		for i, field := range column.Fields {
			if err := checkArray(values.Field(i), field, rows); err != nil {
				return fmt.Errorf("%s: %w", field.Name, err)
			}
		}
	default:
		return fmt.Errorf("an array of type %s", values.DataType())
	}
	return nil
}

func bytesOfBits(n int64) int { return int((n + 7) / 8) }

func checkText(values *array.String, rows int) error {
	if rows == 0 {
		return nil
	}
	text := values.Data().Buffers()[2]
	size := 0
	if text != nil {
		size = text.Len()
	}
	return checkOffsets(values.ValueOffsets(), rows, size)
}

// checkOffsets checks that offsets never go back and end inside what they point into.
func checkOffsets(offsets []int32, rows, size int) error {
	if rows == 0 {
		return nil
	}
	if len(offsets) < rows+1 || offsets[0] < 0 {
		return errors.New("fewer offsets than rows")
	}
	for i := range rows {
		if offsets[i+1] < offsets[i] {
			return errors.New("decreasing offsets")
		}
	}
	if int(offsets[rows]) > size {
		return errors.New("offsets beyond the end of the values")
	}
	return nil
}
