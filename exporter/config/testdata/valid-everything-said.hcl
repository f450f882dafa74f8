source "lemlist" {
  api_key  = env("LEMLIST_API_KEY")
  endpoint = "https://api.lemlist.com/api"
  users    = ["usr_abcDEF123", "usr_xyz"]
}

export "inbox_conversations" {
  destination = "./out"
  format      = "parquet"
  mode        = "snapshot"
  parquet {
    compression = "snappy"
  }
}
