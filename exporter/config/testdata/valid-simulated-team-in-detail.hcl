source "lemlist" {
  simulate {
    users         = 100
    conversations = 0
    seed          = 18446744073709551615
    rate_limit    = false
  }
}
export "inbox_conversations" {
  destination = "./out"
}
