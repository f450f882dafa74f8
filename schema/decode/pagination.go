package decode

import (
	"slices"
	"strconv"
)

// readPagination reads the object that starts at text[i]. It is strict, since a
// walk that misreads it ends early and looks complete: every number is a whole
// number of zero or more, or a string of one; only the total and the two neighbours
// may be null or absent.
func readPagination(rows *rows, text []byte, i int) (pagination Pagination, end int, broken *PageError) {
	if peek(text, i) != '{' {
		return pagination, -1, instead(text, i, "pagination", "an object")
	}
	end, _ = scanValue(text, i, 1)
	if end < 0 {
		return pagination, -1, malformed(text)
	}
	numbers := [...]pageNumber{
		{key: "totalItems", value: &pagination.TotalItems, optional: true},
		{key: "currentPage", value: &pagination.CurrentPage},
		{key: "nextPage", value: &pagination.NextPage, optional: true},
		{key: "previousPage", value: &pagination.PreviousPage, optional: true},
		{key: "perPage", value: &pagination.PerPage},
		{key: "totalPages", value: &pagination.TotalPages},
	}
	for quoted, value := range members(text[i:end]) {
		name := rows.unquote(quoted)
		i := slices.IndexFunc(numbers[:], func(n pageNumber) bool { return n.key == string(name) })
		if i < 0 {
			rows.anomalies.envelope("pagination.", name)
			continue
		}
		if reason := numbers[i].set(value); reason != "" {
			return pagination, -1, brokenAt(end, "pagination.%s %s", name, reason)
		}
	}
	for _, n := range numbers {
		if *n.value == nil && !n.optional {
			return pagination, -1, brokenAt(end, "pagination.%s is missing or null", n.key)
		}
	}
	return pagination, end, nil
}

// pageNumber is one member of the object.
type pageNumber struct {
	key      string
	value    **int64
	optional bool
	seen     bool
	whole    int64
}

// set takes the value; the reason is "" or says why it can not.
func (n *pageNumber) set(value []byte) (reason string) {
	if n.seen {
		return "comes twice"
	}
	n.seen = true
	if value[0] == 'n' {
		return ""
	}
	var ok bool
	if n.whole, ok = wholeNumber(value); !ok {
		return "is not a whole number of zero or more"
	}
	*n.value = &n.whole
	return ""
}

// wholeNumber reads a JSON number or string of nothing but digits.
func wholeNumber(value []byte) (int64, bool) {
	digits := value
	if value[0] == '"' {
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
