source "lemlist" {
  for_each = jsondecode(file("swapped.json"))
  api_key  = each.key
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
