source "lemlist" {
  api_key         = env("LEMLIST_API_KEY")
  journal_max_age = "168h"
}
export "inbox_conversations" {
  destination = "./a"
}
