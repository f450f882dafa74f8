source "lemlist" {
  for_each = ["acme", "beta"]
  api_key  = env(upper("${each.key}_KEY"))
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
