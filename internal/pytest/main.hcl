# One simulated team in every format and compression, for read_exports.py.
source "lemlist" {
  simulate {
    users         = 3
    conversations = 3000
    rate_limit    = false
  }
}

export "inbox_conversations" {
  destination = "./parquet"
}

export "inbox_conversations" {
  destination = "./parquet-options"
  parquet {
    compression       = "gzip"
    compression_level = 9
    row_group_size    = 1000
    bloom_filter      = ["id", "contact.email", "users.user_id"]
  }
}

export "inbox_conversations" {
  destination = "./parquet-snappy"
  parquet {
    compression  = "snappy"
    bloom_filter = []
  }
}

export "inbox_conversations" {
  destination = "./parquet-dense"
  parquet {
    compression_level = 22
    row_group_size    = 1000000
  }
}

export "inbox_conversations" {
  destination = "./arrow-zstd"
  format      = "arrow"
}

export "inbox_conversations" {
  destination = "./arrow-lz4"
  format      = "arrow"
  arrow {
    compression = "lz4"
  }
}

export "inbox_conversations" {
  destination = "./arrow-none"
  format      = "arrow"
  arrow {
    compression = "none"
  }
}
