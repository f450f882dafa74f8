source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  endpoint = "http://api.lemlist.com/api"
}
export "inbox_conversations" {
  destination = "./out"
}
