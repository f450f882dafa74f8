source "lemlist" {
  api_key  = ""
  endpoint = " "
  users    = []
}
export "inbox_conversations" {
  destination = ""
  format = ""
}
