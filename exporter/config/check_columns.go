package config

import (
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

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
				c.report.fail(one.at, one.address, "Column both left out and hashed", one.name+" is in exclude already, or what it is part of is. Remove one of the two.")
				continue
			}
			config.Hash = append(config.Hash, one.name)
		}
	}
	switch {
	case len(config.Hash) > 0 && key == nil && !in.meant["hash_key"]:
		c.report.fail(b.at, b.address+".hash_key", "Missing hash_key",
			"Hashed columns need a secret key, without which addresses could be guessed. Add hash_key = env(\"LEMEXPORT_HASH_KEY\"), and keep the key: lemexport hash-key makes one.")
	case hash == nil && key != nil && !in.meant["hash"]:
		c.report.warn(key.nameAt, key.address, "Unused hash_key", "No column is hashed. Name some in hash = [\"contact.email\"], or remove hash_key.")
	}
	if key != nil {
		config.HashKey = c.hashKey(key)
	}
	c.stillPersonal(b, config.Selection)
	return config
}

// hashKey checks the key of the hashes without ever naming its value.
func (c columnsChecker) hashKey(a *attribute) exporter.Secret {
	value, ok := c.text(a, required)
	if !ok {
		return exporter.Secret{}
	}
	if trimmed := strings.TrimSpace(value); trimmed != value && exporter.CheckHashKey(trimmed) == nil {
		c.report.fail(a.at, a.address, "White space around the hash key", "The key begins or ends with a blank or a line break. Remove it"+
			c.report.form(", or write trimspace(env(\"LEMEXPORT_HASH_KEY\")).", "."))
	} else if err := exporter.CheckHashKey(value); err != nil {
		c.report.fail(a.at, a.address, "Weak hash key",
			"The key is "+err.Error()+". A key is 32 random bytes. "+exporter.Hint(err)+". Files that were hashed with the old key have to be written anew: their hashes do not equal those of the new one.")
	}
	if len(a.variables()) == 0 && a.at.file != nil {
		c.report.warn(a.at, a.address, "Hash key in a file",
			"Files are copied, shared and committed. Put the key into an environment variable and write hash_key = env(\"LEMEXPORT_HASH_KEY\").")
	}
	return exporter.NewSecret(value)
}

// stillPersonal warns of personal data that stays as it is.
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
	detail := "These columns identify people or hold what they wrote, and stay as they are: " + strings.Join(left, ", ") + "."
	if slices.Contains(left, "extra") {
		detail += " In extra are keys that the table does not model, whatever they hold; only what belongs to the columns of this block is taken out of it."
	}
	detail += " Add them to exclude or hash if they must not."
	if len(always) > 0 {
		detail += " An export always has " + strings.Join(always, ", ") + ", with which the API gives the rest."
	}
	c.report.warn(b.at, b.address, "Personal data stays", detail)
}
