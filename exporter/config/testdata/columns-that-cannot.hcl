source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./out"
  columns {
    exclude  = ["id", "last_activity_at", "fetched_at", "contact", "contact.emial", "extra"]
    hash     = ["id", "contact.email", "users", "created_at", "extra", "created_by", "created_by"]
    hash_key = env("LEMEXPORT_HASH_KEY")
  }
}
