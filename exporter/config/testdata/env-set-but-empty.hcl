source "lemlist" {
  api_key = env("EMPTY")
}
export "inbox_conversations" {
  destination = "./out"
}
