source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./a"
  mode = "merge"
}
export "inbox_conversations" {
  destination = "./b"
  mode = "append"
  full_every = "720h"
}
