source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  heartbeat {
    on_success = "https://monitor.example/${env("TEAM")}"
    on_failure = env("LEMLIST_API_KEY")
  }
}
export "inbox_conversations" {
  destination = "./${env("TEAM")}"
}
