source "lemlist" {
  for_each = jsondecode(file("secrets/nowhere.json"))
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
