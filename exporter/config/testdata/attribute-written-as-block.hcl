source "lemlist" {
  api_key {
  }
  simulate {}
}
export "inbox_conversations" {
  destination {
    path = "./out"
  }
}
