source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  retry {
    max_elapsed = "five minutes"
  }
  retry {}
}
export "inbox_conversations" {
  destination = "./a"
}
