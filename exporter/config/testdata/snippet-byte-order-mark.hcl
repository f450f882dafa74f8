export "inbox_conversation" {
  destination = "./out"
}
source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
