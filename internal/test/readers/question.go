package main

import (
	"strings"

	"github.com/lemexport/lemexport/schema"
)

// question is a filter that a reader pushes down as far as it can: how many rows
// have a column, or a field of a struct, that is Value, or lies between Low and High,
// or is null.
type question struct {
	Name   string `json:"name"`
	Column string `json:"column"`
	Op     string `json:"op"` // text, true, times or null
	Value  string `json:"value,omitempty"`
	Low    int64  `json:"low,omitempty"`  // not below, microseconds
	High   int64  `json:"high,omitempty"` // below
	Count  int    `json:"count"`
}

// questions are asked of every file that has their columns. Those after texts take
// the texts that strain bounds of column chunks, dictionaries and bloom filters.
func questions(table *schema.Table, rows []row) []question {
	all := []question{
		{Name: "a time range", Column: "last_activity_at", Op: "times", Low: 1_714_979_289_000_000 + 5*1001, High: 1_714_979_289_000_000 + 25*1001},
		{Name: "a user", Column: "created_by", Op: "text", Value: commonest(rows, "created_by")},
		{Name: "a channel", Column: "last_replied_channel", Op: "text", Value: "email"},
		{Name: "no reply", Column: "last_replied_at", Op: "null"},
		{Name: "no contact", Column: "contact", Op: "null"},
		{Name: "our turn", Column: "is_your_turn", Op: "true"},
		{Name: "an email", Column: "contact.email", Op: "text", Value: "contact-7@example.com"},
		{Name: "an id", Column: "id", Op: "text", Value: "ibx_Odd00000000000003"},
		{Name: "a long id before all others", Column: "contact_id", Op: "text", Value: longID(0)},
		{Name: "a long id after all others", Column: "contact_id", Op: "text", Value: longID(1)},
		{Name: "an empty text", Column: "last_replied_subject", Op: "text", Value: ""},
		{Name: "a combining accent", Column: "last_replied_subject", Op: "text", Value: "e\u0301 is not \u00e9"},
		{Name: "an emoji", Column: "last_replied_subject", Op: "text", Value: "\U0001f984"},
		{Name: "the last character", Column: "last_replied_subject", Op: "text", Value: strings.Repeat("\U0010ffff", 200)},
		{Name: "a long text", Column: "last_sent_message_preview", Op: "text", Value: longText("b")},
	}
	var kept []question
	for _, q := range all {
		if _, ok := table.Find(q.Column); !ok {
			continue
		}
		for _, r := range rows {
			if q.holds(r) {
				q.Count++
			}
		}
		kept = append(kept, q)
	}
	return kept
}

func (q question) holds(r row) bool {
	var value any = r
	for name := range strings.SplitSeq(q.Column, ".") {
		fields, _ := value.(row)
		value = fields[name]
	}
	switch value := value.(type) {
	case nil:
		return q.Op == "null"
	case string:
		return q.Op == "text" && value == q.Value
	case bool:
		return q.Op == "true" && value
	case int64:
		return q.Op == "times" && q.Low <= value && value < q.High
	default:
		return false
	}
}

// commonest is the text that most rows have, "" where none has one.
func commonest(rows []row, column string) string {
	counts, best := map[string]int{}, ""
	for _, r := range rows {
		text, ok := r[column].(string)
		if !ok {
			continue
		}
		counts[text]++
		if counts[text] > counts[best] || counts[text] == counts[best] && text < best {
			best = text
		}
	}
	return best
}
