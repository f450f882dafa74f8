source "lemlist" {
  for_each = ["acme", 1]
  api_key  = env("ACME_KEY")
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
