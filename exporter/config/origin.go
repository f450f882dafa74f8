package config

import "github.com/zclconf/go-cty/cty"

// origin marks a value with the place outside of the configuration that it comes from. What
// only selects a value, such as the name of a variable, is no origin of it.
type origin struct {
	kind originKind
	// name is the variable, or the file with the JSON Pointer of a part of it.
	name string
	// sensitive says that the configuration declares it as a secret.
	sensitive bool
}

type originKind int

const (
	// ofEnv is the value of an environment variable.
	ofEnv originKind = iota
	// ofFile is the content of a file.
	ofFile
	// ofTeam is the value of a team in for_each.
	ofTeam
	// ofVariable is a value that is given to a variable, and ofDefault its default.
	ofVariable
	ofDefault
)

// part is the origin of a part of a value in JSON.
func (o origin) part(pointer string) origin {
	o.name += "#" + pointer
	return o
}

// markParts marks each attribute of an object with an origin of its own, and any other value
// as a whole: of two attributes, one may be a secret and the other not.
func (o origin) markParts(value cty.Value) cty.Value {
	bare, marks := value.Unmark()
	kind := bare.Type()
	if !kind.IsObjectType() && !kind.IsMapType() || bare.IsNull() || bare.LengthInt() == 0 {
		return value.Mark(o)
	}
	parts := bare.AsValueMap()
	for name, part := range parts {
		parts[name] = o.part(name).markParts(part.WithMarks(marks))
	}
	return cty.ObjectVal(parts)
}

// marksOf says how an expression in a field of that name passes marks on; nil is as HCL does.
func marksOf(field string) func(cty.Value) cty.Value {
	switch field {
	case "Condition", "CondExpr", "Key", "KeyExpr": // of a conditional, an index and a for
		return withoutMarks
	case "CollExpr": // of a for
		return markElements
	default:
		return nil
	}
}

func withoutMarks(value cty.Value) cty.Value {
	bare, _ := value.UnmarkDeep()
	return bare
}

// markElements moves the marks of a list or an object to its elements: HCL gives those of
// what a for goes over to the whole result, and not to the elements that are used in it.
func markElements(value cty.Value) cty.Value {
	bare, marks := value.Unmark()
	if len(marks) == 0 || bare.IsNull() || !bare.IsKnown() {
		return value
	}
	switch kind := bare.Type(); {
	case kind.IsListType() || kind.IsTupleType():
		elements := bare.AsValueSlice()
		for i := range elements {
			elements[i] = elements[i].WithMarks(marks)
		}
		return cty.TupleVal(elements)
	case kind.IsMapType() || kind.IsObjectType():
		elements := bare.AsValueMap()
		for name := range elements {
			elements[name] = elements[name].WithMarks(marks)
		}
		return cty.ObjectVal(elements)
	default:
		return value
	}
}
