package decode

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/lemexport/lemexport/schema"
)

// rows turns JSON objects into rows, one at a time. It decides what a value means for
// its column; fast_path.go is a short cut for regular rows.
type rows struct {
	row       *column
	derived   []*column // fields of the row that have no key
	extra     extra
	anomalies *anomalies
	text      []byte // of unquote

	key     *column // names the row
	version int     // index of the version column among the row's fields, -1 for none
	// unreadable counts the rows with a version that could not be read; form is the
	// form of the first one.
	unreadable int
	form       string
}

func newRows(table *schema.Table, anomalies *anomalies) rows {
	r := rows{row: newRowColumn(table), anomalies: anomalies, version: -1}
	for i, f := range r.row.fields {
		if f.Role == schema.RoleKey {
			r.key = f
		}
		if f.Role == schema.RoleVersion {
			r.version = i
		}
		if f.Key == "" {
			r.derived = append(r.derived, f)
		}
	}
	return r
}

// appendSlow appends the row of one valid JSON object. The reason is "", or says why
// the object cannot be a row; then nothing was appended.
func (r *rows) appendSlow(object []byte, from origin) (reason string) {
	members := r.row.object
	members.read(object)
	for i, f := range r.row.fields {
		switch value := members.value(i); {
		case !f.Required || f.Key == "":
		case !isPresent(value):
			return "has no " + f.Key + " that is a non-empty string"
		case len(value) > longestKey:
			return "has a " + f.Key + " of more than 4,096 bytes"
		}
	}
	r.extra.reset()
	r.row.open()
	r.members(r.row)
	r.noteVersion()
	r.derive(from)
	return ""
}

// noteVersion counts the row when the API sent a version and its column is null. Rows
// of the fast path have a version that was read, or none.
func (r *rows) noteVersion() {
	if r.version < 0 {
		return
	}
	c, value := r.row.fields[r.version], r.row.object.value(r.version)
	if len(value) == 0 || value[0] == 'n' || c.valid[c.len()-1] != 0 {
		return
	}
	if r.unreadable++; r.unreadable == 1 {
		r.form = formOf(value)
	}
}

// takeUnreadable returns the counts and starts another page.
func (r *rows) takeUnreadable() (rows int, form string) {
	rows, form = r.unreadable, r.form
	r.unreadable, r.form = 0, ""
	return rows, form
}

// longestKey is how many bytes the value of a required column may have. Such values
// are kept in memory to identify rows.
const longestKey = 4096

func isPresent(value []byte) bool { return len(value) > len(`""`) && value[0] == '"' }

// derive fills the columns without a key in the object of a row: a value of the
// envelope; of the JSON type what is left over; of the timestamp type the time of the
// response.
func (r *rows) derive(from origin) {
	rest := r.extra.close()
	for _, f := range r.derived {
		switch {
		case f.EnvelopeKey != "":
			f.openText()
			f.text = append(f.text, from.teamID...)
		case f.Type == schema.JSON && len(rest) > 0:
			f.openText()
			f.text = append(f.text, rest...)
		case f.Type == schema.Timestamp:
			f.appendMicros(from.fetchedAt)
		default:
			f.null()
		}
	}
}

// members appends the fields of the object of c that was read last.
func (r *rows) members(c *column) {
	n := c.len() - 1
	for i := range c.object.members {
		r.member(c, &c.object.members[i])
	}
	for _, f := range c.fields {
		if f.len() == n && f.Key != "" {
			f.absent()
		}
	}
}

func (r *rows) member(c *column, m *member) {
	if m.field < 0 {
		r.anomalies.field(c.Path, []byte(m.name), "")
	}
	r.extra.moveTo(c)
	r.extra.enter([]byte(m.name))
	if m.earlier != nil {
		r.anomalies.field(c.Path, []byte(m.name), "duplicate")
		r.extra.keepAll(m.earlier, m.value)
		r.extra.covered++
		defer func() { r.extra.covered-- }()
	}
	if m.field < 0 {
		r.extra.keep(m.value)
		return
	}
	r.value(c.fields[m.field], m.value)
}

// value appends a value to its column: unchanged when it fits, else null.
func (r *rows) value(c *column, value []byte) {
	switch first := value[0]; {
	case first == 'n':
		c.absent()
	case c.Type == schema.String && first == '"':
		r.string(c, value)
	case c.Type == schema.Timestamp:
		r.timestamp(c, value)
	case c.Type == schema.Bool && (first == 't' || first == 'f'):
		c.appendBool(first == 't')
	case c.Type == schema.List && first == '[':
		c.openList()
		for element := range elements(value) {
			r.value(c.elem, element)
		}
	case c.Type == schema.Struct && first == '{':
		c.open()
		c.object.read(value)
		r.members(c)
	default:
		c.null()
		r.keep(c, value, kindName(first))
	}
}

// keep copies the value last appended to a column into extra, and notes which part of
// it the column does not hold.
func (r *rows) keep(c *column, value []byte, lost string) {
	r.anomalies.value(c.Path, lost)
	r.extra.moveTo(c)
	r.extra.keep(value)
}

// string appends a JSON string. In the column, U+FFFD stands for invalid Unicode.
func (r *rows) string(c *column, value []byte) {
	var err error
	c.openText()
	c.text, err = jsontext.AppendUnquote(c.text, value)
	if err != nil {
		r.anomalies.value(c.Path, "not Unicode")
		r.extra.moveTo(c)
		r.extra.keepBytes(value[1 : len(value)-1])
	}
}

// timestamp appends the instant of a JSON value, or null when it has none.
func (r *rows) timestamp(c *column, value []byte) {
	micros, lost, ok := r.instant(value)
	if ok {
		c.appendMicros(micros)
	} else {
		c.null()
	}
	if lost != "" {
		r.keep(c, value, lost)
	}
}

// instant reads a JSON value as a time. lost names the information that the result
// does not hold.
func (r *rows) instant(value []byte) (micros int64, lost string, ok bool) {
	switch first := value[0]; {
	case first == '"':
		micros, lost = readTimestamp(r.unquote(value))
	case '0' <= first && first <= '9':
		if micros, lost = parseEpoch(value); lost == notATimestamp {
			lost = kindName(first)
			return 0, lost, false
		}
	default:
		return 0, kindName(first), false
	}
	return micros, lost, lost != notATimestamp
}

// unquote returns the text of a JSON string, valid until the next call.
func (r *rows) unquote(value []byte) []byte {
	r.text, _ = jsontext.AppendUnquote(r.text[:0], value)
	return r.text
}

// kindName returns the name of the JSON type of a value that starts with this byte.
func kindName(first byte) string {
	switch first {
	case 'n':
		return "null"
	case 't', 'f':
		return "boolean"
	case '"':
		return "string"
	case '[':
		return "array"
	case '{':
		return "object"
	default:
		return "number"
	}
}
