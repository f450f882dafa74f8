source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}

export "inbox_conversations" {
  destination = format("%1000000000d", 1)
}
