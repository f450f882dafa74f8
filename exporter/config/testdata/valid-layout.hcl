source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./a"
  layout      = "versioned"
}
export "inbox_conversations" {
  destination = "./b"
  mode        = "merge"
  layout      = "versioned"
  keep        = 30
}
export "inbox_conversations" {
  destination = "./c"
  layout      = "current"
}
export "team_users" {
  destination = "./a"
  layout      = "versioned"
  keep        = "1"
}
