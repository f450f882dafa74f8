source "lemlist" {
  for_each = jsondecode(file("broken.json"))
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
