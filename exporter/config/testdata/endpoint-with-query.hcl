source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  endpoint = "https://api.lemlist.com/api?x=1"
}
export "inbox_conversations" {
  destination = "./out"
}
