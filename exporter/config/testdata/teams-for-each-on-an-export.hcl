source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  for_each    = ["a", "b"]
  destination = "./out/${each.key}"
}
