source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  heartbeat {}
}
export "inbox_conversations" {
  destination = "./a"
}
