package schema

import (
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// pagination reads the object. It is strict, since a walk that misreads it
// ends early and looks complete: every number is a whole number of zero or
// more, or text of one; only the two neighbours may be null or absent.
func (d *Decoder) pagination(text []byte) (pagination Pagination, broken *PageError) {
	if kind := d.reader.json.PeekKind(); kind != jsontext.KindBeginObject {
		return pagination, d.instead("pagination", "an object", text)
	}
	value, err := d.reader.next()
	if err != nil {
		return pagination, malformed(err, text)
	}
	numbers := []pageNumber{
		{key: "totalItems", value: &pagination.TotalItems},
		{key: "currentPage", value: &pagination.CurrentPage},
		{key: "nextPage", value: &pagination.NextPage, optional: true},
		{key: "previousPage", value: &pagination.PreviousPage, optional: true},
		{key: "perPage", value: &pagination.PerPage},
		{key: "totalPages", value: &pagination.TotalPages},
	}
	d.inner.reset(value)
	if err := d.inner.bracket(); err != nil {
		return pagination, malformed(err, text)
	}
	for d.inner.more() {
		quoted, err := d.inner.next()
		if err != nil {
			return pagination, malformed(err, text)
		}
		value, err := d.inner.next()
		if err != nil {
			return pagination, malformed(err, text)
		}
		name := d.unquote(quoted)
		i := slices.IndexFunc(numbers, func(n pageNumber) bool { return n.key == name })
		if i < 0 {
			d.surprises.envelope("pagination.", name)
			continue
		}
		if reason := numbers[i].set(value); reason != "" {
			return pagination, d.broken("pagination.%s %s", name, reason)
		}
	}
	for _, n := range numbers {
		if *n.value == nil && !n.optional {
			return pagination, d.broken("pagination.%s is missing or null", n.key)
		}
	}
	return pagination, nil
}

// pageNumber is one member of the object.
type pageNumber struct {
	key      string
	value    **int64
	optional bool
	seen     bool
}

// set takes the value; the reason is "" or says why it can not.
func (n *pageNumber) set(value []byte) (reason string) {
	if n.seen {
		return "comes twice"
	}
	n.seen = true
	if kindOf(value) == jsontext.KindNull {
		return ""
	}
	whole, ok := wholeNumber(value)
	if !ok {
		return "is not a whole number of zero or more"
	}
	*n.value = &whole
	return ""
}

// wholeNumber reads a JSON number or string of nothing but digits.
func wholeNumber(value []byte) (int64, bool) {
	digits := value
	if kindOf(value) == jsontext.KindString {
		digits = value[1 : len(value)-1] // an escaped digit is none
	}
	for _, digit := range digits {
		if digit < '0' || '9' < digit {
			return 0, false
		}
	}
	whole, err := strconv.ParseInt(string(digits), 10, 64)
	return whole, err == nil
}
