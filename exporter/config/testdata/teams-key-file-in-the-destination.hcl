source "lemlist" {
  for_each = ["acme"]
  api_key  = trimspace(file("key.txt"))
}
export "inbox_conversations" {
  destination = "./out/${each.key}/${upper(file("key.txt"))}"
}
