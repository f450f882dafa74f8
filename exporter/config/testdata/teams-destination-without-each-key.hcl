source "lemlist" {
  for_each = jsondecode(file("keys.json"))
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "./out"
}
