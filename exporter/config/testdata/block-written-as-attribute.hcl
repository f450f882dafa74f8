source "lemlist" {
  simulate = { users = 3 }
}
export "inbox_conversations" {
  destination = "./out"
  parquet = { compression = "zstd" }
}
