source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  retry {
    max_elapsed = "30m"
  }
}
export "inbox_conversations" {
  destination = "./a"
}
