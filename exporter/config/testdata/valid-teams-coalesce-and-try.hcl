source "lemlist" {
  for_each = try(jsondecode(file("nowhere.json")), jsondecode(file("keys.json")))
  api_key  = each.value
}
export "inbox_conversations" {
  destination = coalesce(env("UNSET", ""), "./out/${each.key}")
}
