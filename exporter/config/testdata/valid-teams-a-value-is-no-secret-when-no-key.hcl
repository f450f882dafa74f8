source "lemlist" {
  for_each = { acme = "eu", beta = "us" }
  api_key  = env(upper("${each.key}_KEY"))
}
export "inbox_conversations" {
  destination = "./out/${each.value}/${each.key}"
}
