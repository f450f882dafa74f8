source "lemlist" {
  endpoint = "https://api.lemlist.com/api"
  simulate {
  }
}
export "inbox_conversations" {
  destination = "./out"
}
