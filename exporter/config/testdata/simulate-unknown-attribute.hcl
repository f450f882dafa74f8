source "lemlist" {
  simulate {
    conversation = 5
  }
}
export "inbox_conversations" {
  destination = "./out"
}
