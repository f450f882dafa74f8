source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  margin {
    lookback   = "2m"
    increments = "6h"
    settle     = "0s"
  }
}
export "inbox_conversations" {
  destination = "./out"
  mode        = "merge"
}
