source "lemlist" {
  simulate {
    users         = 0
    conversations = 10000001
    seed          = -1
  }
}
export "inbox_conversations" {
  destination = "./out"
}
