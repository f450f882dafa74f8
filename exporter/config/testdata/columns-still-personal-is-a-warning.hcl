source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./out"
  columns {
    exclude  = ["last_sent_message_preview", "opportunities"]
    hash     = ["contact.email", "users.user_id", "channels"]
    hash_key = env("LEMEXPORT_HASH_KEY")
  }
}
