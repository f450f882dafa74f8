source "lemlist" {
  simulate {}
}
export "inbox_conversations" {
  destination = "./out"
}
