source "lemlist" {
  for_each = { acme = "Team-Key-Acme-11", beta = "", gamma = " x" }
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
