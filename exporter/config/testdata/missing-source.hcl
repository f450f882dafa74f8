export "inbox_conversations" {
  destination = "./out"
}
