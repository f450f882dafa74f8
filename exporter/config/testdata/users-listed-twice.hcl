source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  users = [
    "usr_a",
    "usr_b",
    "usr_a",
  ]
}
export "inbox_conversations" {
  destination = "./out"
}
