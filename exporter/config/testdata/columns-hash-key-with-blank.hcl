source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./out"
  columns {
    hash     = ["contact.email"]
    hash_key = "${env("LEMEXPORT_HASH_KEY")}\n"
  }
}
