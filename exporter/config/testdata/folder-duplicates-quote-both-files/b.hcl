export "inbox_conversations" {
  destination = "./out"
}
source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
