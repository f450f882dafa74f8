source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  endpoint = "ftp://api.lemlist.com"
}
export "inbox_conversations" {
  destination = "./out"
}
