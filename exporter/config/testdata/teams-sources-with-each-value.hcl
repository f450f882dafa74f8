source "lemlist" "acme" {
  api_key = env("ACME_KEY")
}
export "inbox_conversations" {
  destination = "./out/${each.value}"
}
