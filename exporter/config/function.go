package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// fromEnv marks a value that depends on the environment variable of that name.
type fromEnv string

// functions is the allow-list. All of them are pure, except env and timestamp,
// which do not change during one load.
func functions(env func(string) (string, bool), now time.Time) map[string]function.Function {
	return map[string]function.Function{
		"env":        envFunction(env),
		"timestamp":  timestampFunction(now),
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
		Params:   []function.Parameter{{Name: "name", Type: cty.String}},
		VarParam: &function.Parameter{Name: "default", Type: cty.String},
		Type:     function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if len(args) > 2 {
				return cty.NilVal, usageError("env takes the name of a variable and at most one default, as in env(\"OUT\", \"./out\").")
			}
			name := args[0].AsString()
			value, set := lookup(name)
			switch {
			case value != "":
				return cty.StringVal(value).Mark(fromEnv(name)), nil
			case len(args) == 2:
				return args[1], nil
			}
			return cty.NilVal, &envError{name: name, set: set}
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
