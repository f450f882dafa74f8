source "lemlist" {
  api_key  = env("LEMLIST_API_KEY")
  endpoint = "https://proxy.example:8443/api"
}
export "inbox_conversations" {
  destination = "./out"
}
