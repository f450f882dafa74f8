source "lemlist" {
  simulate {
    conversations = env("CONVERSATIONS")
    rate_limit    = env("RATE", "false")
  }
}
export "inbox_conversations" {
  destination = "./out"
}
