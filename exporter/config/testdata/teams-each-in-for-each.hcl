source "lemlist" {
  for_each = [each.key]
  api_key  = env("ACME_KEY")
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
