source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  endpoint = "http://127.0.0.1:8080/api///"
}
export "inbox_conversations" {
  destination = "./out"
}
