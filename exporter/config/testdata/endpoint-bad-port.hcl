source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  endpoint = "https://api.lemlist.com:99999"
}
export "inbox_conversations" {
  destination = "./out"
}
