source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  heartbeat {
    on_success = "ftp://monitor.example/t0ken"
    on_failure = "http://monitor.example/t0ken"
  }
}
export "inbox_conversations" {
  destination = "./a"
}
