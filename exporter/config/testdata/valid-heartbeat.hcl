source "lemlist" {
  for_each = { acme = env("LEMLIST_API_KEY"), bolt = "bolt-key-in-the-file" }
  api_key  = each.value
  heartbeat {
    on_success = "https://monitor.example/${env("TEAM")}/${each.key}"
    on_failure = "https://monitor.example/${env("TEAM")}/${each.key}/fail"
  }
}
export "inbox_conversations" {
  destination = "./a/${each.key}"
}
