source "lemlist" {
  for_each = null
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
