source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  endpoint = "https://:s3cret@api.lemlist.com/api"
}
export "inbox_conversations" {
  destination = "./out"
}
