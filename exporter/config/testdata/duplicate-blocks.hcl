source "lemlist" {
  simulate {}
  simulate {}
}
export "inbox_conversations" {
  destination = "./out"
  parquet {}
  parquet {}
}
