source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./out"
  format = "arrow"
  arrow {
    compression = "lz4"
  }
}
