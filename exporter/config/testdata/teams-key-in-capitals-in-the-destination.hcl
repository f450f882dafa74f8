source "lemlist" {
  for_each = { acme = "Team-Key-Acme-11" }
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "./out/${each.key}/${upper(each.value)}"
}
