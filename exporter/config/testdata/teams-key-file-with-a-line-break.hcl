source "lemlist" {
  for_each = ["acme"]
  api_key  = file("key.txt")
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
