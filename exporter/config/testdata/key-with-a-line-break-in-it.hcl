source "lemlist" {
  api_key = "one\ntwo"
}
export "inbox_conversations" {
  destination = "./out"
}
