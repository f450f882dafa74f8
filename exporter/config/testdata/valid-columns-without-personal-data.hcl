source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./out"
  columns {
    exclude = ["extra", "last_sent_subject", "last_sent_message_preview", "last_replied_subject", "last_replied_message_preview", "contact", "contact_id", "created_by", "users", "opportunities.id"]
  }
}
