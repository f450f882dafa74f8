source "lemlist" {
  for_each = ["acme"]
  api_key  = jsondecode(file("folders.json"))[each.key].key
}
export "inbox_conversations" {
  destination = "./${jsondecode(file("folders.json"))[each.key].folder}/${each.key}"
}
