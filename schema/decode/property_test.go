package decode

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/schema"
)

var (
	drawSpace = rapid.SampledFrom([]string{"", "", "", " ", "\n\t", "\r\n  "})
	drawText  = rapid.OneOf(
		rapid.SampledFrom([]string{
			`"usr_1"`, `""`, `"é 😀 שלום"`, `"\u00e9\n\/\""`, `"\uD83D\uDE00"`, `"\u0000"`, `"[object Object]"`, `"1"`, `"true"`,
			`"\ud800"`, `"a\udc00\ud800"`, `"\ud800\\"`, "\"\xff\xfe\"", "\"a\xe2\x82\"", "\"\xc0\xaf\\ud800\"", "\"\xed\xa0\x80\"",
		}),
		rapid.Custom(func(t *rapid.T) string {
			text, err := json.Marshal(rapid.String().Draw(t, "text"))
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}),
	)
	drawTime = rapid.SampledFrom([]string{
		`"2024-12-17T09:42:32.971Z"`, `"2024-12-17T09:42:32Z"`, `"1969-12-31t23:59:59.000001z"`, `"2024-12-17T09:42:32.1234567Z"`,
		`"2024-12-17T09:42:32+01:00"`, `"2024-12-17T09:42:32.97\u0031Z"`, `"0000-01-01T00:00:00-23:59"`, `"2024-02-30T00:00:00Z"`, `"now"`,
		`"2024-12-17 09:42:32.971Z"`, `"2024-12-17T09:42:32+00:00"`, `"2024-12-17 09:42:32 +0000"`, `"2024-12-17t09:42:32-0130"`,
		`"2024-12-17T09:42:32.971"`, `"2024-12-17 09:42:32"`, `1734428552`, `1734428552971`, `1734428552.9715`, `1.7344285529710E12`,
		`"1734428552"`, `"1734428552971"`, `17344285529710000`, `-1`,
	})
	drawScalar = rapid.OneOf(drawText, drawTime, rapid.SampledFrom([]string{
		"null", "true", "false", "0", "-0", "0.10", "1e400", "18446744073709551616", "-1.5E-7",
	}))
	drawName = rapid.OneOf(rapid.SampledFrom([]string{
		`"foo"`, `"f\u006fo"`, `"/foo"`, `"/users/0/x"`, `"a/b"`, `"a~b"`, `"~1x"`, `""`, `"0"`, `"id"`, `"_ID"`, `"extra"`, `"é"`,
		`"$binary"`, `"$duplicates"`, `"\u0024literal"`, `"$set"`, "\"\xff\"", "\"\xfe\"", `"\ud800"`, `"\\\""`,
	}), drawText)
)

// style says how irregular the rows are that it draws.
type style struct {
	text, time, name *rapid.Generator[string]
	counts           []int // of a key
	misfits          int   // one value in so many does not fit its column
}

var (
	irregular = style{drawText, drawTime, drawName, []int{1, 1, 1, 1, 1, 0, 0, 2, 3}, 8}
	regular   = style{
		text:    rapid.SampledFrom([]string{`"usr_1"`, `"usr_22222222"`, `""`, `"é 😀 שלום, a longer text"`, `"\u00e9\n\/\""`, `"\uD83D\uDE00 after"`, `"before \u0000"`}),
		time:    rapid.SampledFrom([]string{`"2024-12-17T09:42:32.971Z"`, `"2024-02-29T23:59:59Z"`, `"1969-12-31t23:59:59.000001z"`, `"0000-01-01T00:00:00Z"`, `"2024-12-17 09:42:32+0000"`}),
		name:    rapid.SampledFrom([]string{`"foo"`, `"bar"`, `"/foo"`, `"a/b"`, `"a~b"`, `"~1x"`, `""`, `"id"`, `"é"`, `"$binary"`}),
		counts:  []int{1, 1, 1, 1, 1, 0},
		misfits: 300,
	}
	drawStyle = rapid.SampledFrom([]style{regular, irregular})
)

// any draws any JSON value.
func (m style) any(t *rapid.T, depth int) string {
	switch kind := rapid.IntRange(0, 9).Draw(t, "kind"); {
	case depth > 0 && kind == 0:
		return drawArray(t, func() string { return m.any(t, depth-1) })
	case depth > 0 && kind <= 2:
		return m.object(t, nil, depth-1)
	case kind <= 4:
		return m.text.Draw(t, "text")
	default:
		return drawScalar.Draw(t, "scalar")
	}
}

// value draws a value for a column, which mostly fits.
func (m style) value(t *rapid.T, column schema.Column) string {
	switch rapid.IntRange(0, m.misfits-1).Draw(t, "fits") {
	case 0:
		return m.any(t, 2)
	case 1:
		return "null"
	}
	switch column.Type {
	case schema.Bool:
		return rapid.SampledFrom([]string{"true", "false"}).Draw(t, "bool")
	case schema.Timestamp:
		return m.time.Draw(t, "time")
	case schema.List:
		return drawArray(t, func() string { return m.value(t, *column.Elem) })
	case schema.Struct:
		return m.object(t, column.Fields, 1)
	default:
		return m.text.Draw(t, "text")
	}
}

func drawArray(t *rapid.T, element func() string) string {
	elements := make([]string, rapid.IntRange(0, 3).Draw(t, "elements"))
	for i := range elements {
		elements[i] = element()
	}
	return "[" + strings.Join(elements, drawSpace.Draw(t, "space")+",") + drawSpace.Draw(t, "space") + "]"
}

// object draws an object of some known and some unknown keys, an irregular one with some
// of them more than once.
func (m style) object(t *rapid.T, columns []schema.Column, depth int, members ...string) string {
	space := drawSpace.Draw(t, "space")
	for _, column := range columns {
		if column.Key == "" || column.Required {
			continue
		}
		for range rapid.SampledFrom(m.counts).Draw(t, column.Key) {
			members = append(members, `"`+column.Key+`"`+space+":"+space+m.value(t, column))
		}
	}
	for range rapid.SampledFrom([]int{0, 0, 1, 2, 5}).Draw(t, "unknown") {
		members = append(members, m.name.Draw(t, "name")+":"+space+m.any(t, depth))
	}
	members = rapid.Permutation(members).Draw(t, "order")
	return "{" + strings.Join(members, ","+space) + space + "}"
}

// drawRow draws a row of a table; its id is the last one of its key.
func drawRow(t *rapid.T, table *schema.Table, id int) string {
	key, _, _ := table.ByRole(schema.RoleKey)
	last := fmt.Sprintf(`"%s":"id_%d"`, key.Key, id)
	m := drawStyle.Draw(t, "style")
	if m.misfits == regular.misfits {
		return m.object(t, table.Columns, 2, last)
	}
	row := m.object(t, table.Columns, 2, `"`+key.Key+`":"before"`)
	return strings.TrimSuffix(row, "}") + "," + last + "}"
}

func TestEveryValueSentIsInAColumnOrInExtra(t *testing.T) {
	for _, table := range schema.Tables() {
		decoder := NewDecoder(table, memory.DefaultAllocator)
		t.Run(table.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				row := drawRow(t, table, 1)
				page, err := decoder.Decode(bodyOf(table, row), fetched)
				if err != nil {
					t.Fatal(err)
				}
				defer page.Record.Release()
				if err := checkRow(table, []byte(row), page.Record, 0); err != nil {
					t.Fatalf("%v\nrow %q\nextra %s", err, row, rowOf(page.Record, 0)["extra"])
				}
			})
		})
	}
}

func TestAnySplitIntoResponsesGivesTheSameRows(t *testing.T) {
	for _, table := range schema.Tables() {
		decoder := NewDecoder(table, memory.DefaultAllocator)
		t.Run(table.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { checkSplit(t, decoder) })
		})
	}
}

func checkSplit(t *rapid.T, decoder *Decoder) {
	rows := make([]string, rapid.IntRange(2, 4).Draw(t, "rows"))
	for i := range rows {
		rows[i] = drawRow(t, decoder.table, i)
	}
	decode := func(rows []string) (decoded []map[string]any, unknown map[string]bool) {
		page, err := decoder.Decode(bodyOf(decoder.table, rows...), fetched)
		if err != nil {
			t.Fatal(err)
		}
		defer page.Record.Release()
		for i := range int(page.Record.NumRows()) {
			decoded = append(decoded, rowOf(page.Record, i))
		}
		unknown = map[string]bool{}
		for _, field := range page.UnknownFields {
			unknown[field] = true
		}
		return decoded, unknown
	}
	cut := rapid.IntRange(1, len(rows)-1).Draw(t, "cut")
	whole, allUnknown := decode(rows)
	first, unknown := decode(rows[:cut])
	second, more := decode(rows[cut:])
	for field := range more {
		unknown[field] = true
	}
	if diff := cmp.Diff(whole, append(first, second...)); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff(allUnknown, unknown); diff != "" {
		t.Fatal(diff)
	}
}
