source "lemlist" {
  for_each = { acme = 1, beta = ["x"] }
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
