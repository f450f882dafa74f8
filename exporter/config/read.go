package config

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// reader reads the values of attributes, and reports those that are of the wrong kind.
type reader struct{ report *report }

// need ends the sentence about an empty attribute.
type need string

const (
	required need = "Give it a value."
	optional need = "Give it a value, or remove it to use the default."
)

// text reads a string that is not blank.
func (c reader) text(a *attribute, need need) (string, bool) {
	if a.failed {
		return "", false
	}
	value := a.bare()
	if value.Type() != cty.String {
		c.wrongType(a, "text in quotes", value.Type())
		return "", false
	}
	if strings.TrimSpace(value.AsString()) == "" {
		c.report.fail(a.at, a.address, "Empty "+a.name,
			fmt.Sprintf("%s must not be empty. %s", a.name, need))
		return "", false
	}
	return value.AsString(), true
}

// texts reads a list of strings that has at least one element, none blank.
func (c reader) texts(a *attribute) ([]string, bool) {
	if a.failed {
		return nil, false
	}
	value := a.bare()
	if kind := value.Type(); !kind.IsTupleType() && !kind.IsListType() && !kind.IsSetType() {
		c.wrongType(a, `a list of texts, for instance ["usr_…"]`, kind)
		return nil, false
	}
	if value.LengthInt() == 0 {
		c.report.fail(a.at, a.address, "Empty "+a.name,
			fmt.Sprintf("An empty list would export nothing. Remove %s to take all of them.", a.name))
		return nil, false
	}
	var items []string
	good := true
	for i, item := range value.AsValueSlice() {
		at, address := a.item(i), fmt.Sprintf("%s[%d]", a.address, i)
		switch {
		case item.IsNull() || item.Type() != cty.String:
			c.report.fail(at, address, "Wrong type", fmt.Sprintf("Element %d of %s is %s. Every element must be text in quotes.", i+1, a.name, typeName(item)))
			good = false
		case strings.TrimSpace(item.AsString()) == "":
			c.report.fail(at, address, "Empty element", fmt.Sprintf("Element %d of %s is empty. Remove it or fill it in.", i+1, a.name))
			good = false
		default:
			items = append(items, item.AsString())
		}
	}
	return items, good
}

// whole reads a whole number from lowest to highest; for a nil attribute it returns
// otherwise.
// It accepts digits in a string, because env() returns strings.
func (c reader) whole(a *attribute, lowest, highest, otherwise uint64) uint64 {
	if a == nil || a.failed {
		return otherwise
	}
	value, err := convert.Convert(a.bare(), cty.Number)
	if err != nil || value.IsNull() {
		c.wrongType(a, "a whole number", a.bare().Type())
		return otherwise
	}
	number := value.AsBigFloat()
	low, high := new(big.Float).SetUint64(lowest), new(big.Float).SetUint64(highest)
	switch {
	case !number.IsInt():
		c.report.fail(a.at, a.address, "Not a whole number", fmt.Sprintf("%s must be a whole number from %d to %d.", a.name, lowest, highest))
	case number.Cmp(low) < 0 || number.Cmp(high) > 0:
		c.report.fail(a.at, a.address, "Number out of range", fmt.Sprintf("%s must be from %d to %d.", a.name, lowest, highest))
	default:
		exact, _ := number.Uint64()
		return exact
	}
	return otherwise
}

// share reads a number from 0 to 1; nil when the value is not one. Digits in a string count,
// as in whole.
func (c reader) share(a *attribute) *float64 {
	if a.failed {
		return nil
	}
	value, err := convert.Convert(a.bare(), cty.Number)
	if err != nil || value.IsNull() {
		c.wrongType(a, "a number from 0 to 1", a.bare().Type())
		return nil
	}
	found, _ := value.AsBigFloat().Float64()
	if found < 0 || found > 1 {
		c.report.fail(a.at, a.address, "Number out of range",
			fmt.Sprintf("%s must be from 0 to 1, for instance %s = %g.", a.name, a.name, exporter.DefaultMaxShrink))
		return nil
	}
	return &found
}

// duration reads a duration from lowest to highest; for a nil attribute it returns
// otherwise.
func (c reader) duration(a *attribute, lowest, highest, otherwise time.Duration) time.Duration {
	if a == nil {
		return otherwise
	}
	text, ok := c.text(a, optional)
	if !ok {
		return otherwise
	}
	found, err := time.ParseDuration(text)
	switch {
	case err != nil:
		c.report.fail(a.at, a.address, "Invalid duration",
			fmt.Sprintf("%s is not a duration. Write a number and a unit, h, m or s, for instance %s = %q%s.", c.quoted(a, text), a.name, exporter.Span(otherwise), inDays(otherwise)))
	case found < lowest || found > highest:
		c.report.fail(a.at, a.address, "Duration out of range", fmt.Sprintf("%s must be from %s to %s.", a.name, exporter.Span(lowest), exporter.Span(highest)))
	default:
		return found
	}
	return otherwise
}

// inDays is a duration in days, when it is at least one day.
func inDays(length time.Duration) string {
	const day = 24 * time.Hour
	switch days := length / day; {
	case length < day:
		return ""
	case days == 1:
		return " for 1 day"
	default:
		return fmt.Sprintf(" for %d days", days)
	}
}

// boolean reads true or false, also as text.
func (c reader) boolean(a *attribute) bool {
	if a.failed {
		return false
	}
	value, err := convert.Convert(a.bare(), cty.Bool)
	if err != nil || value.IsNull() {
		c.wrongType(a, "true or false", a.bare().Type())
		return false
	}
	return value.True()
}

// choose reads one of options; a nil attribute is the first of them.
func (c reader) choose(a *attribute, options []option) string {
	if a == nil {
		return options[0].name
	}
	name, ok := c.text(a, optional)
	if !ok {
		return options[0].name
	}
	one, known := find(options, name)
	offered := availableNames(options)
	switch {
	case !known:
		c.report.fail(a.at, a.address, "Unknown "+a.name,
			fmt.Sprintf("%s is not a valid %s. Set it to %s.", c.quoted(a, name), a.name, list(offered, "or"))+didYouMean(name, offered))
	case !one.available:
		c.report.fail(a.at, a.address, fmt.Sprintf("%s %q is not available in this version", capital(a.name), name),
			fmt.Sprintf("This version supports %s. Remove %s, or set it to one of these.", list(offered, "or"), a.name))
	}
	return name
}

func (c reader) wrongType(a *attribute, want string, got cty.Type) {
	c.report.fail(a.at, a.address, "Wrong type",
		fmt.Sprintf("%s must be %s, not %s.", a.name, want, kindName(got)))
}

// quoted shows a value in a sentence. It shows no value from outside the file, none from a
// source block, which could be the key, and no query or password of a URL.
func (c reader) quoted(a *attribute, value string) string {
	if strings.HasPrefix(a.address, "source.") {
		return "This text"
	}
	for one := range a.origins() {
		if one.kind != ofEnv {
			return "This value"
		}
	}
	if len(a.origins()) > 0 {
		return "The value from env()"
	}
	return strconv.Quote(shorten(exporter.NewRedactor().Text(value)))
}

// item is a column's name in a list.
type item struct {
	name    string
	address string
	at      place
}

// names reads a list of columns of the table, which may be empty.
func (c reader) names(a *attribute, table *schema.Table) []item {
	if a.failed {
		return nil
	}
	if kind := a.bare().Type(); (kind.IsTupleType() || kind.IsListType()) && a.bare().LengthInt() == 0 {
		return nil
	}
	texts, ok := c.texts(a)
	if !ok {
		return nil
	}
	known := table.Names()
	var items []item
	for i, text := range texts {
		one := item{name: text, address: fmt.Sprintf("%s[%d]", a.address, i), at: a.item(i)}
		switch {
		case slices.ContainsFunc(items, func(earlier item) bool { return earlier.name == text }):
			c.report.fail(one.at, one.address, "Column listed twice", c.quoted(a, text)+" is in the list already. Remove one of the two.")
		case !slices.Contains(known, text):
			c.report.fail(one.at, one.address, "Unknown column",
				fmt.Sprintf("%s is not a column of %s. Run lemexport schema %s to list the columns.", c.quoted(a, text), table.Name, table.Name)+didYouMean(text, known))
		default:
			items = append(items, one)
		}
	}
	return items
}

func typeName(value cty.Value) string {
	if value.IsNull() {
		return "null"
	}
	return kindName(value.Type())
}

func kindName(kind cty.Type) string {
	switch {
	case kind == cty.String:
		return "text"
	case kind == cty.Number:
		return "a number"
	case kind == cty.Bool:
		return "true or false"
	case kind.IsObjectType() || kind.IsMapType():
		return "an object"
	default:
		return "a list"
	}
}

func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
