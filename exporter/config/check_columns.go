package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// columnsName is the block that says which columns are exported.
const columnsName = "columns"

// columnsChecker checks the columns block of an export of a c.table.
type columnsChecker struct {
	reader
	table *schema.Table
}

func (c columnsChecker) check(b *block) exporter.Columns {
	in := columnsShape().open(c.report, b)
	var config exporter.Columns
	exclude, hash, key := in.attribute("exclude"), in.attribute("hash"), in.attribute("hash_key")
	if exclude != nil {
		for _, one := range c.names(exclude, c.table) {
			if err := c.table.MayExclude(one.name); err != nil {
				c.report.fail(one.at, one.address, "Column cannot be left out", err.Error()+". Remove it from the list.")
				continue
			}
			config.Exclude = append(config.Exclude, one.name)
		}
	}
	if hash != nil {
		for _, one := range c.names(hash, c.table) {
			if err := c.table.MayHash(one.name); err != nil {
				c.report.fail(one.at, one.address, "Column cannot be hashed", err.Error()+". Only text columns can be hashed; others can be left out.")
				continue
			}
			if _, err := c.table.Select(schema.Selection{Exclude: config.Exclude, Hash: []string{one.name}}); err != nil {
				c.report.fail(one.at, one.address, "Column both left out and hashed", "exclude already lists "+one.name+", or the column that contains it. Remove it from one of the two lists.")
				continue
			}
			config.Hash = append(config.Hash, one.name)
		}
	}
	switch {
	case len(config.Hash) > 0 && key == nil && !in.meant["hash_key"]:
		c.report.fail(b.at, b.address+".hash_key", "Missing hash_key",
			"Hashed columns need a secret key; without one, the hashed values could be guessed. Add hash_key = env(\"LEMEXPORT_HASH_KEY\"). Run lemexport hash-key to make a key, and keep it.")
	case hash == nil && key != nil && !in.meant["hash"]:
		c.report.warn(key.nameAt, key.address, "Unused hash_key", fmt.Sprintf("No column is hashed. Name some in hash = [%q], or remove hash_key.", hashable(c.table)))
	}
	if key != nil {
		config.HashKey = c.hashKey(key)
	}
	if whole(exclude, config.Exclude) && whole(hash, config.Hash) {
		c.stillPersonal(b, config.Selection)
	}
	return config
}

// whole reports whether every element of a list, which may be missing, was right.
func whole(a *attribute, names []string) bool {
	return a == nil || a.isNull() || !a.failed && a.bare().CanIterateElements() && a.bare().LengthInt() == len(names)
}

// hashKey checks the key of the hashes without ever naming its value.
func (c columnsChecker) hashKey(a *attribute) exporter.Secret {
	value, ok := c.text(a, required)
	if !ok {
		return exporter.Secret{}
	}
	if trimmed := strings.TrimSpace(value); trimmed != value && exporter.CheckHashKey(trimmed) == nil {
		c.report.fail(a.at, a.address, "White space around the hash key", "The key begins or ends with a space or a line break. Remove it"+
			c.report.form(a.at, ", or write trimspace(…) around the value.", "."))
	} else if err := exporter.CheckHashKey(value); err != nil {
		c.report.fail(a.at, a.address, "Weak hash key",
			"The key is "+err.Error()+". A key is 32 random bytes. "+exporter.Hint(err)+". Files that were hashed with the old key must be written again: their hashes differ from those of the new key.")
	}
	if a.isLiteral() {
		c.report.warn(a.at, a.address, "Hash key in a file",
			"Files are copied, shared and committed. Put the key into an environment variable and write hash_key = env(\"LEMEXPORT_HASH_KEY\").")
	}
	return exporter.NewSecret(value)
}

// hashable is a column of the table for examples of hash.
func hashable(table *schema.Table) string {
	for _, name := range table.Personal() {
		if table.MayHash(name) == nil {
			return name
		}
	}
	return table.NameOf(schema.RoleDisplayName)
}

// stillPersonal warns of personal data that is neither left out nor hashed.
func (c columnsChecker) stillPersonal(b *block, s schema.Selection) {
	selected, err := c.table.Select(s)
	if err != nil || s.IsZero() {
		return
	}
	var left, always []string
	for _, name := range selected.Personal() {
		if selected.MayExclude(name) == nil {
			left = append(left, name)
		} else {
			always = append(always, name)
		}
	}
	if len(left) == 0 {
		return
	}
	detail := "These columns identify people or contain what they wrote, and are exported unchanged: " + strings.Join(left, ", ") + "."
	if extra := selected.NameOf(schema.RoleExtra); slices.Contains(left, extra) {
		detail += " The column " + extra + " contains every key that the table does not model; only values of the columns in this block are removed from it."
	}
	detail += " To keep them out of the file, add them to exclude or hash."
	if len(always) > 0 {
		detail += " Every export contains " + strings.Join(always, ", ") + ": whoever has the API key can look up the rest with it."
	}
	c.report.warn(b.at, b.address, "Personal data is exported", detail)
}
