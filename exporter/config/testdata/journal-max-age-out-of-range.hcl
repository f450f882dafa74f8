source "lemlist" {
  api_key         = env("LEMLIST_API_KEY")
  journal_max_age = "40d"
}
source "lemlist" {
  api_key         = env("LEMLIST_API_KEY")
  journal_max_age = "960h"
}
source "lemlist" {
  api_key         = env("LEMLIST_API_KEY")
  journal_max_age = "0s"
}
export "inbox_conversations" {
  destination = "./a"
}
