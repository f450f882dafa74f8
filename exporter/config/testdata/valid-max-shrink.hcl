source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./careful"
  max_shrink  = 0
}
export "inbox_conversations" {
  destination = "./careless"
  mode        = "merge"
  max_shrink  = 1
}
export "inbox_conversations" {
  destination = "./text"
  max_shrink  = "0.25"
}
