package cli

import (
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/lemexport/lemexport/exporter"
)

// outward copies data for a view and makes private-use characters in its texts visible, so
// that no text from outside can pass for a mark. Unexported fields are copied unchanged,
// because views do not show them.
func outward[T any](data T) T {
	var out T
	copyOutward(reflect.ValueOf(&out).Elem(), reflect.ValueOf(&data).Elem())
	return out
}

func copyOutward(to, from reflect.Value) {
	to.Set(from)
	switch from.Kind() {
	case reflect.String:
		to.SetString(withoutMarks(from.String()))
	case reflect.Pointer:
		if !from.IsNil() {
			to.Set(reflect.New(from.Type().Elem()))
			copyOutward(to.Elem(), from.Elem())
		}
	case reflect.Interface:
		if !from.IsNil() {
			inner := reflect.New(from.Elem().Type()).Elem()
			copyOutward(inner, from.Elem())
			to.Set(inner)
		}
	case reflect.Struct:
		for i := range from.NumField() {
			if to.Field(i).CanSet() {
				copyOutward(to.Field(i), from.Field(i))
			}
		}
	case reflect.Slice:
		if !from.IsNil() {
			to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
			for i := range from.Len() {
				copyOutward(to.Index(i), from.Index(i))
			}
		}
	case reflect.Map:
		if !from.IsNil() {
			to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
			for each := from.MapRange(); each.Next(); {
				key, value := reflect.New(from.Type().Key()).Elem(), reflect.New(from.Type().Elem()).Elem()
				copyOutward(key, each.Key())
				copyOutward(value, each.Value())
				to.SetMapIndex(key, value)
			}
		}
	default:
	}
}

func withoutMarks(text string) string {
	if !strings.ContainsFunc(text, exporter.Private) {
		return text
	}
	var out strings.Builder
	for i, char := range text {
		switch {
		case exporter.Private(char):
			out.WriteString(exporter.Visible(char))
		case char == utf8.RuneError && !strings.HasPrefix(text[i:], string(char)):
			out.WriteByte(text[i]) // not Unicode: render shows it
		default:
			out.WriteRune(char)
		}
	}
	return out.String()
}

// outwardDiagnostic is outward for a finding. The lines of its source stay as they
// are, since it counts their bytes: snippetText takes care of them.
func outwardDiagnostic(found exporter.Diagnostic) exporter.Diagnostic {
	snippet := found.Snippet
	found = outward(found)
	found.Snippet = snippet
	return found
}
