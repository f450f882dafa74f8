export "inbox_conversations" {
  destination = 5
}
