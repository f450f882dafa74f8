package config

import "github.com/lemexport/lemexport/exporter"

// option is a value that an attribute accepts. Values of a later version are known,
// too, so that a message can tell them from a typing error.
type option struct {
	name      string
	available bool
}

// The options of this version.
func formats() []option { return []option{{"parquet", true}, {"arrow", true}} }

func modes() []option { return []option{{"snapshot", true}, {"merge", true}, {"append", true}} }

func layouts() []option {
	return []option{{exporter.LayoutCurrent, true}, {exporter.LayoutVersioned, true}}
}

func compressions() []option {
	return []option{{"zstd", true}, {"snappy", true}, {"gzip", true}, {"none", true}}
}

func arrowCompressions() []option {
	return []option{{"zstd", true}, {"lz4", true}, {"none", true}}
}

// encodings are those of the values of a Parquet file.
func encodings() []option {
	return []option{{exporter.EncodingPortable, true}, {exporter.EncodingCompact, true}, {exporter.EncodingPlain, true}}
}

// extraTypes are the types of the column extra in a Parquet file.
func extraTypes() []option {
	return []option{{exporter.ExtraString, true}, {exporter.ExtraJSON, true}}
}

// schemes are those of destination URLs; a plain path has none.
func schemes() []option {
	return []option{{"file", true}, {"s3", true}, {"gs", true}, {"azblob", true}}
}

// find returns the option of that name.
func find(options []option, name string) (option, bool) {
	for _, one := range options {
		if one.name == name {
			return one, true
		}
	}
	return option{}, false
}

// availableNames lists the names that this version offers.
func availableNames(options []option) []string {
	var names []string
	for _, one := range options {
		if one.available {
			names = append(names, one.name)
		}
	}
	return names
}
