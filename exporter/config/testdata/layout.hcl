source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./a"
  mode        = "append"
  layout      = "versioned"
}
export "inbox_conversations" {
  destination = "./b"
  layout      = "version"
}
export "inbox_conversations" {
  destination = "./c"
  keep        = 3
}
export "inbox_conversations" {
  destination = "./d"
  layout      = "versioned"
  keep        = 0
}
export "inbox_conversations" {
  destination = "./d"
  layout      = "current"
  keep        = 3
}
export "inbox_conversations" {
  destination = "./e"
  layout      = "versioned"
}
export "inbox_conversations" {
  destination = "./e/"
  mode        = "append"
}
