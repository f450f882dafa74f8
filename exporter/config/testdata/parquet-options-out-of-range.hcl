source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./out"
  columns {
    exclude = ["contact.email"]
  }
  parquet {
    compression_level = 23
    row_group_size    = 10
    bloom_filter      = ["contact.email", "created_at", "id", "id", "contact_di"]
  }
  arrow {
    compression = "lz5"
  }
}
export "inbox_conversations" {
  destination = "./other"
  columns {
    exclude = ["contact.email"]
  }
  parquet {
    compression       = "snappy"
    compression_level = 1
    row_groups        = 5
    encoding          = "plian"
    extra             = "struct"
  }
}
