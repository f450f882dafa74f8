source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  retry {
    max_elapsed = "48h"
    attempts    = 3
  }
}
export "inbox_conversations" {
  destination = "./a"
}
