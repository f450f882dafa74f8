source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./group"
  file_mode   = "0640"
}
export "inbox_conversations" {
  destination = "file:///data/lake"
  file_mode   = "644"
}
export "inbox_conversations" {
  destination = "./private"
  file_mode   = null
}
