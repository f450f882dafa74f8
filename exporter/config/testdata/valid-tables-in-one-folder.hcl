source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./out"
  mode        = "merge"
}
export "team_users" {
  destination = "./out"
  mode        = "snapshot"
}
export "inbox_labels" {
  destination = "./out"
}
