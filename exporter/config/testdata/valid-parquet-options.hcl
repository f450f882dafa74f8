source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./out"
  parquet {
    compression       = "gzip"
    compression_level = 9
    row_group_size    = 100000
    encoding          = "compact"
    extra             = "json"
    bloom_filter      = ["id", "contact.email"]
  }
}
export "inbox_conversations" {
  destination = "./plain"
  parquet {
    bloom_filter = []
  }
}
