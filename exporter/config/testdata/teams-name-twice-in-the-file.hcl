source "lemlist" {
  for_each = { acme = env("ACME_KEY"), acme = env("BETA_KEY") }
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
