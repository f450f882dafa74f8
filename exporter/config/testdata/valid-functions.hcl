source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
  users = split(",", lower(env("USERS")))
}
export "inbox_conversations" {
  destination = format("%s/%s-%s", "./out", upper(trimspace(" x ")), replace(join("/", ["a", "b"]), "/", formatdate("YYYY-MM-DD", timestamp())))
}
