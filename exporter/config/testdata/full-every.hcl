source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./a"
  full_every  = "24h"
}
export "inbox_conversations" {
  destination = "./b"
  mode        = "merge"
  full_every  = "7 days"
}
export "inbox_conversations" {
  destination = "./c"
  mode        = "append"
  full_every  = "0s"
}
export "inbox_conversations" {
  destination = "./d"
  mode        = "append"
  full_every  = 168
}
