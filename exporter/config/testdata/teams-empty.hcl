source "lemlist" {
  for_each = jsondecode(file("empty.json"))
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
