source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  endpoint = null
  users = null
}
export "inbox_conversations" {
  destination = "./out"
}
