source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  users = ["usr_a", 5, null, ["usr_b"]]
}
export "inbox_conversations" {
  destination = "./out"
}
