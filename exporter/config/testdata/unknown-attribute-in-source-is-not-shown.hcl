source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  login = "s3cret"
}
export "inbox_conversations" {
  destination = "./out"
}
