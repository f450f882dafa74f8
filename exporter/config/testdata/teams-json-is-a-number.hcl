source "lemlist" {
  for_each = jsondecode(file("number.json"))
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
