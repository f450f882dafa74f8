package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions is the allow-list for the files of one folder. All of them are pure, except env,
// file and timestamp, which do not change during one load.
func functions(in Inputs, folder string, files *dataFiles, m *meter) map[string]function.Function {
	return map[string]function.Function{
		"env":        envFunction(in.Env),
		"timestamp":  timestampFunction(in.Now()),
		"file":       fileFunction(files, folder),
		"jsondecode": jsonFunction(m),
		"coalesce":   coalesceFunction(),
		"try":        tryfunc.TryFunc,
		"toset":      stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
		"keys":       stdlib.KeysFunc,
		"formatdate": stdlib.FormatDateFunc,
		"format":     stdlib.FormatFunc,
		"lower":      stdlib.LowerFunc,
		"upper":      stdlib.UpperFunc,
		"trimspace":  stdlib.TrimSpaceFunc,
		"join":       stdlib.JoinFunc,
		"split":      stdlib.SplitFunc,
		"replace":    stdlib.ReplaceFunc,
	}
}

// functionNames lists the allow-list for messages.
func functionNames(known map[string]function.Function) []string {
	return slices.Sorted(maps.Keys(known))
}

// envError says why env() has no value.
type envError struct {
	name string
	// set is true when the variable is there but empty.
	set bool
}

func (e *envError) Error() string { return "environment variable has no value" }

// usageError says how to call a function; it repeats no value.
type usageError string

func (e usageError) Error() string { return string(e) }

// envFunction is env(name) and env(name, default). An empty variable counts as unset:
// nobody wants an empty key or destination.
func envFunction(lookup func(string) (string, bool)) function.Function {
	return function.New(&function.Spec{
		Params:   []function.Parameter{{Name: "name", Type: cty.String, AllowMarked: true}},
		VarParam: &function.Parameter{Name: "default", Type: cty.String, AllowMarked: true},
		Type:     function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if len(args) > 2 {
				return cty.NilVal, usageError("env takes the name of a variable and at most one default, as in env(\"OUT\", \"./out\").")
			}
			name := textOf(args[0])
			value, set := lookup(name)
			switch {
			case value != "":
				return cty.StringVal(value).Mark(origin{ofEnv, name}), nil
			case len(args) == 2:
				return args[1], nil
			}
			return cty.NilVal, &envError{name: name, set: set}
		},
	})
}

// coalesceFunction is the first of its arguments that is neither null nor empty.
func coalesceFunction() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "values", Type: cty.DynamicPseudoType, AllowMarked: true, AllowNull: true, AllowDynamicType: true},
		Type: func(args []cty.Value) (cty.Type, error) {
			kinds := make([]cty.Type, len(args))
			for i, arg := range args {
				kinds[i] = arg.Type()
			}
			kind, _ := convert.UnifyUnsafe(kinds)
			if kind == cty.NilType {
				return cty.NilType, usageError("coalesce: the arguments must be of one type.")
			}
			return kind, nil
		},
		Impl: func(args []cty.Value, kind cty.Type) (cty.Value, error) {
			for _, arg := range args {
				value, err := convert.Convert(arg, kind)
				empty := err != nil || value.IsNull() || kind == cty.String && textOf(value) == ""
				if !empty {
					return value, nil
				}
			}
			return cty.NilVal, usageError("coalesce: every argument is null or empty. Add one that has a value.")
		},
	})
}

// timestampFunction is timestamp(): the start of the load in UTC, RFC 3339.
func timestampFunction(now time.Time) function.Function {
	return function.New(&function.Spec{
		Type: function.StaticReturnType(cty.String),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
			return cty.StringVal(now.UTC().Format(time.RFC3339)), nil
		},
	})
}

// plausibleVariable reports whether name looks like the name of a variable and
// not like a key that was put there by mistake: capitals and underscores, with
// a few digits.
func plausibleVariable(name string) bool {
	digits := 0
	for i, r := range name {
		switch {
		case r >= 'A' && r <= 'Z', r == '_':
		case r >= '0' && r <= '9' && i > 0:
			digits++
		default:
			return false
		}
	}
	return name != "" && digits <= 3 && len(name) <= 64 && strings.Trim(name, "_") != ""
}
