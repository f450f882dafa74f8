source "lemlist" {
  api_key = each.value
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
