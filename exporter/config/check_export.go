package config

import (
	"fmt"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// exportChecker checks an export block.
type exportChecker struct {
	reader
	// env looks up a variable that names the server of an object store; nil knows none.
	env func(name string) (string, bool)
}

func (c exportChecker) check(b *block) exporter.Export {
	config := exporter.Export{Table: c.table(b)}
	in := exportShape().open(c.report, b)
	if a := in.attribute(sourceName); a != nil { // files have none any more
		c.report.fail(a.nameAt, a.address, "source in an export in JSON", "A configuration in JSON reads one team. Remove source.")
	}
	if a := in.attribute("destination"); a != nil {
		config.Destination = destinationChecker(c).check(a)
	} else if !in.meant["destination"] {
		c.report.fail(b.at, b.address+".destination", "Missing destination",
			"An export needs a folder to write to, for instance: destination = \"./out\"")
	}
	config.Format = c.choose(in.attribute("format"), formats())
	config.Mode = c.mode(in.attribute("mode"), config.Table)
	config.FullEvery = c.fullEvery(in.attribute("full_every"), config)
	config.MaxShrink = c.maxShrink(in.attribute("max_shrink"), config.Mode)
	config.Layout = c.layout(in.attribute("layout"), config.Mode)
	config.Keep = c.keep(in.attribute("keep"), in.attribute("layout"), config.Layout)
	config.FileMode = c.fileMode(in.attribute("file_mode"), config.Destination)

	table, known := schema.Lookup(config.Table)
	if known { // else it is reported already, and its columns are not known
		if b := in.blocks[columnsName]; b != nil {
			config.Columns = columnsChecker{c.reader, table}.check(b)
		}
		if selected, err := table.Select(config.Columns.Selection); err == nil {
			table = selected
		}
	}
	options := formatChecker{c.reader, config.Format, table}
	config.Parquet = options.parquet(in.blocks["parquet"])
	config.Arrow = options.arrow(in.blocks["arrow"])
	return config
}

// mode reads the mode. A table whose rows have no version can only be exported as a
// snapshot.
func (c exportChecker) mode(a *attribute, name string) string {
	mode := c.choose(a, modes())
	table, known := schema.Lookup(name)
	if known && !table.Incremental() && (mode == exporter.ModeMerge || mode == exporter.ModeAppend) {
		c.report.fail(a.at, a.address, fmt.Sprintf("Mode %q is not available for this table", mode),
			name+" is read in full each time. Remove mode, or set it to snapshot.")
	}
	return mode
}

// The bounds of how often a merge or append export reads everything.
const (
	leastFullEvery = time.Millisecond
	mostFullEvery  = 366 * 24 * time.Hour
)

// fullEvery reads how old a full proof may become. A snapshot has a new one each time.
func (c exportChecker) fullEvery(a *attribute, export exporter.Export) time.Duration {
	if export.Mode != exporter.ModeMerge && export.Mode != exporter.ModeAppend {
		if a != nil && export.Mode == exporter.ModeSnapshot {
			detail := "A snapshot reads everything each time. Remove full_every, or set mode to merge or append."
			if table, known := schema.Lookup(export.Table); known && !table.Incremental() {
				detail = export.Table + " is read in full each time. Remove full_every."
			}
			c.report.fail(a.nameAt, a.address, "full_every without merge or append", detail)
		}
		return 0
	}
	return c.duration(a, leastFullEvery, mostFullEvery, exporter.DefaultFullEvery)
}

// maxShrink reads the share of a file that one run may remove; nil is the default.
func (c exportChecker) maxShrink(a *attribute, mode string) *float64 {
	if a == nil {
		return nil
	}
	if mode == exporter.ModeAppend {
		c.report.fail(a.nameAt, a.address, "max_shrink with append",
			"An append removes nothing. Remove max_shrink, or set mode to snapshot or merge.")
		return nil
	}
	return c.share(a)
}

// layout reads where the files are; "" is the default.
func (c exportChecker) layout(a *attribute, mode string) string {
	switch {
	case a == nil:
		return ""
	case mode == exporter.ModeAppend:
		c.report.fail(a.nameAt, a.address, "layout with append",
			"Each run of an append adds a file that never changes. Remove layout, or set mode to snapshot or merge.")
		return ""
	}
	return c.choose(a, layouts())
}

// keep reads how many versions stay; 0 where there is one file. What is wrong with given, the
// layout, is reported already.
func (c exportChecker) keep(a, given *attribute, layout string) int {
	if layout != exporter.LayoutVersioned {
		if a != nil && (given == nil || layout == exporter.LayoutCurrent) {
			c.report.fail(a.nameAt, a.address, "keep without versions",
				"Only versions can be kept. Remove keep, or set layout to versioned.")
		}
		return 0
	}
	return int(c.whole(a, 1, exporter.MostKeep, exporter.DefaultKeep))
}

// fileMode reads the permission of files, which objects in a store do not have.
func (c exportChecker) fileMode(a *attribute, destination string) string {
	if a == nil {
		return ""
	}
	text, ok := c.text(a, optional)
	if !ok {
		return ""
	}
	if scheme, _ := exporter.LocationScheme(destination); exporter.ObjectParams(scheme) != nil {
		c.report.fail(a.nameAt, a.address, "file_mode with an object store",
			"Objects have no file permissions. Remove file_mode, and control access in the settings of the bucket.")
		return ""
	}
	mode, err := exporter.ParseFileMode(text)
	if err != nil {
		c.report.fail(a.at, a.address, "Invalid file_mode", fmt.Sprintf("%s is not a valid file permission: %v. %s", c.quoted(a, text), err, exporter.Hint(err)))
		return ""
	}
	return fmt.Sprintf("%04o", mode)
}

func (c exportChecker) table(b *block) string {
	if len(b.labels) == 0 {
		return ""
	}
	name := b.labels[0]
	if _, known := schema.Lookup(name.text); !known {
		tables := schema.TableNames()
		c.report.fail(name.at, b.address, fmt.Sprintf("Unknown table %q", shorten(name.text)),
			"The tables are: "+list(tables, "and")+"."+didYouMean(name.text, tables))
	}
	return name.text
}
