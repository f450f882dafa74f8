source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./a"
  columns {
    hash     = ["contact.email"]
    hash_key = "aaaaaaaaaaaaaaaa"
  }
}
export "inbox_conversations" {
  destination = "./b"
  columns {
    hash     = ["contact.email"]
    hash_key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  }
}
