source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  users = ["jane@example.com", "usr_a"]
}
export "inbox_conversations" {
  destination = "./out"
}
