source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  heartbeat {
    on_sucess = "https://monitor.example/t0ken"
  }
}
export "inbox_conversations" {
  destination = "./a"
}
