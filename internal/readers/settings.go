package main

// setting is one form of files, as a configuration asks for it.
type setting struct {
	name   string
	format string // parquet or arrow
	block  string // in the configuration
}

func settings() []setting {
	return []setting{
		{"parquet", "parquet", ""},
		{"parquet-gzip", "parquet", `
  parquet {
    compression       = "gzip"
    compression_level = 9
    row_group_size    = 1000
    bloom_filter      = ["id", "contact.email", "users.user_id"]
  }
`},
		{"parquet-snappy", "parquet", "\n  parquet {\n    compression  = \"snappy\"\n    bloom_filter = []\n  }\n"},
		{"parquet-none", "parquet", "\n  parquet {\n    compression = \"none\"\n  }\n"},
		{"arrow", "arrow", ""},
		{"arrow-lz4", "arrow", "\n  arrow {\n    compression = \"lz4\"\n  }\n"},
		{"arrow-none", "arrow", "\n  arrow {\n    compression = \"none\"\n  }\n"},
	}
}
