package report

import (
	"strings"

	"github.com/lemexport/lemexport/schema"
)

// called says how the page calls the values of a column.
type called struct {
	hashed bool
	// note is a sentence about hashed values, with a space before it.
	note string
}

func newCalled(table *schema.Table, role schema.Role) called {
	column, _ := table.Find(table.NameOf(role))
	if column.Hashed || column.Elem != nil && column.Elem.Hashed {
		return called{hashed: true, note: " The names are the first digits of hashes."}
	}
	return called{}
}

func (c called) label(value string) string {
	const digits = 8
	switch {
	case value == "":
		return "(empty)"
	case c.hashed && len(value) > digits:
		return value[:digits] + "…"
	}
	return value
}

// holds lists what the page shows besides counts and the names of columns and fields.
func holds(table *schema.Table, names userNames) string {
	list := []string{"counts", "names of columns and fields"}
	kind := func(role schema.Role, what string) {
		switch {
		case table.NameOf(role) == "":
		case newCalled(table, role).hashed:
			list = append(list, "hashes of "+what)
		default:
			list = append(list, what)
		}
	}
	kind(schema.RoleChannels, "names of channels")
	kind(schema.RoleTaskType, "types of tasks")
	switch {
	case names.named:
		list = append(list, "names of users")
	case names.shown:
		list = append(list, "ids of users")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
