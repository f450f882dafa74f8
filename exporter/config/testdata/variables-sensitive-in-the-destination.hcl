variable "key" {
  sensitive = true
}
source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./${upper(var.key)}"
}
