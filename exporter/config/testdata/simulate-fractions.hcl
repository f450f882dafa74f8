source "lemlist" {
  simulate {
    users         = 2.5
    conversations = 1e3
  }
}
export "inbox_conversations" {
  destination = "./out"
}
