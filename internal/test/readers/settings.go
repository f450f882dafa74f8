package main

// setting is one form of files, as a configuration asks for it.
type setting struct {
	name   string
	format string // parquet or arrow
	block  string // in the configuration
	once   bool   // for the dataset with all columns only
}

func settings() []setting {
	parquet := func(attributes string) string { return "\n  parquet {\n" + attributes + "  }\n" }
	return []setting{
		{name: "parquet", format: "parquet"},
		{name: "parquet-compact", format: "parquet", block: parquet("    encoding = \"compact\"\n")},
		{name: "parquet-plain", format: "parquet", block: parquet("    encoding = \"plain\"\n")},
		{name: "parquet-json", format: "parquet", once: true, block: parquet("    extra = \"json\"\n")},
		{name: "parquet-gzip", format: "parquet", once: true, block: parquet(`    compression       = "gzip"
    compression_level = 9
    row_group_size    = 1000
    bloom_filter      = ["id", "contact.email", "users.user_id"]
`)},
		{name: "parquet-snappy", format: "parquet", once: true, block: parquet("    compression = \"snappy\"\n    bloom_filter = []\n")},
		{name: "parquet-none", format: "parquet", once: true, block: parquet("    compression = \"none\"\n")},
		{name: "arrow", format: "arrow"},
		{name: "arrow-lz4", format: "arrow", block: "\n  arrow {\n    compression = \"lz4\"\n  }\n"},
		{name: "arrow-none", format: "arrow", block: "\n  arrow {\n    compression = \"none\"\n  }\n"},
	}
}
