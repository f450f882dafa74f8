package config

import (
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// workError says that the result of a function would be too large.
type workError struct{}

func (workError) Error() string { return "the result would be too large" }

// meteredFunctions are functions whose results m counts before they are made.
func meteredFunctions(of map[string]function.Function, m *meter) map[string]function.Function {
	counted := make(map[string]function.Function, len(of))
	for name, f := range of {
		counted[name] = function.New(&function.Spec{
			Params: f.Params(), VarParam: f.VarParam(), Type: f.ReturnTypeForValues,
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				work, err := workOf(name, args, m.left)
				if err != nil {
					return cty.NilVal, err
				}
				if !m.take(work) {
					return cty.NilVal, workError{}
				}
				return f.Call(args)
			},
		})
	}
	return counted
}

// workOf is at least what the result of a function takes.
func workOf(name string, args []cty.Value, most int) (int, error) {
	switch name {
	case "replace":
		text, part, by := textOf(args[0]), textOf(args[1]), textOf(args[2])
		return len(text) + times(count(text, part), len(by), most), nil
	case "split":
		return times(1+count(textOf(args[1]), textOf(args[0])), valueWork, most), nil
	case "join":
		work := 0
		for _, list := range args[1:] {
			work += weigh(list, most)
			if list.IsKnown() && !list.IsNull() {
				work += times(list.LengthInt(), len(textOf(args[0])), most)
			}
		}
		return work, nil
	case "format":
		return workOfFormat(textOf(args[0]), args[1:], most)
	case "file":
		return 0, nil // the content is counted as a value, and its size is limited
	case "jsondecode":
		return len(textOf(args[0])), nil // it counts its values itself
	case "formatdate":
		return times(len(textOf(args[0])), len("Wednesday"), most), nil
	}
	work := 0
	for _, arg := range args {
		work += times(utf8.UTFMax, weigh(arg, most), most) // another case of a letter may be longer
	}
	return work, nil
}

// maxWidth is the widest field of format().
const maxWidth = 1000

// workOfFormat counts each verb as the longest argument, quoted.
func workOfFormat(text string, args []cty.Value, most int) (int, error) {
	longest := maxWidth
	for _, arg := range args {
		longest = max(longest, weigh(arg, most))
		if text := textOf(arg); len(text) <= maxDigits && isNumeric(text) {
			if number, err := cty.ParseNumberVal(text); err == nil {
				longest = max(longest, weigh(number, most))
			}
		}
	}
	verbs := 0
	for rest := text; ; verbs++ {
		_, after, found := strings.Cut(rest, "%")
		if !found {
			break
		}
		width := strings.TrimLeft(after, "+-# 0[]*.")
		for _, number := range strings.FieldsFunc(after[:len(after)-len(strings.TrimLeft(after, "+-# []*.0123456789"))], notDigit) {
			if len(strings.TrimLeft(number, "0")) > len("999") {
				return 0, usageError("format: a width or a precision has at most three digits.")
			}
		}
		rest = width
	}
	const quoted = 6 // \u0000
	return len(text) + times(verbs, times(quoted, longest, most), most), nil
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// count is how often a part is in a text; an empty one is around every character.
func count(text, part string) int { return strings.Count(text, part) }

// times multiplies, up to more than most.
func times(a, b, most int) int {
	if a > 0 && b > (most+1)/a {
		return most + 1
	}
	return a * b
}

func textOf(value cty.Value) string {
	value, _ = value.Unmark()
	if value.IsNull() || !value.IsKnown() || value.Type() != cty.String {
		return ""
	}
	return value.AsString()
}
