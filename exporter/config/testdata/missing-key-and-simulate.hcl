source "lemlist" {
}
export "inbox_conversations" {
  destination = "./out"
}
