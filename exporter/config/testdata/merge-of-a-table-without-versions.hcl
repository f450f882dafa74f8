source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "team_users" {
  destination = "./out"
  mode        = "merge"
  full_every  = "1h"
}
export "inbox_labels" {
  destination = "./out"
  mode        = "append"
}
