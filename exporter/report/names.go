package report

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/schema"
)

// UsersTable returns the table that describes the users whose ids a table holds; nil when
// the table holds none, or only hashes of them.
func UsersTable(of *schema.Table) *schema.Table {
	ids, ok := of.Find(of.NameOf(schema.RoleUserID))
	if !ok || ids.Hashed {
		return nil
	}
	users, ok := schema.Lookup(ids.References)
	if !ok {
		return nil
	}
	return users
}

// ReadNames reads the names of users by their ids from an export of their table. The
// error says why there are no names to show.
func ReadNames(ctx context.Context, table *schema.Table, records iter.Seq2[arrow.Record, error]) (map[string]string, error) {
	for _, role := range []schema.Role{schema.RoleKey, schema.RoleDisplayName} {
		found, _, ok := table.ByRole(role)
		if !ok {
			return nil, errors.New("the export leaves them out")
		}
		if found.Hashed {
			return nil, fmt.Errorf("the column %s is hashed", found.Name)
		}
	}
	names := make(map[string]string)
	for rec, err := range records {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		of := columns{table, rec}
		ids, shown := column[*array.String](of, schema.RoleKey), column[*array.String](of, schema.RoleDisplayName)
		for row := range int(rec.NumRows()) {
			id, _ := text(ids, row)
			name, _ := text(shown, row)
			if id != "" && strings.TrimSpace(name) != "" && len(names) < mostKeys {
				names[strings.Clone(shorten(id))] = strings.Clone(shorten(name)) // the record's memory is reused
			}
		}
	}
	return names, nil
}
