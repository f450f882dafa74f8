source "lemlist" {
  api_key = env("MY_LEMLIST_KEY")
}
export "inbox_conversations" {
  destination = "./out"
}
