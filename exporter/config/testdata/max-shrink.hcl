source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./a"
  mode        = "append"
  max_shrink  = 0.5
}
export "inbox_conversations" {
  destination = "./b"
  max_shrink  = 1.01
}
export "inbox_conversations" {
  destination = "./c"
  mode        = "merge"
  max_shrink  = -0.1
}
export "inbox_conversations" {
  destination = "./d"
  max_shrink  = "50%"
}
export "inbox_conversations" {
  destination = "./e"
  max_shrink  = [0.5]
}
