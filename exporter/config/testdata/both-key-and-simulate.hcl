source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  simulate {
  }
}
export "inbox_conversations" {
  destination = "./out"
}
