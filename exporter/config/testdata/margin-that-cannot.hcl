source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  margin {
    lookback   = "500ms"
    increments = "half an hour"
    settle     = "2m"
    look_back  = "5m"
  }
}
export "inbox_conversations" {
  destination = "./out"
}
