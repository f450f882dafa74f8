source "lemlist" {
  for_each = jsondecode(file("keys.json"))
  api_key  = each.name
}
export "inbox_conversations" {
  destination = "./out/${each}"
}
