source "lemlist" "acme" {
  api_key = env("ACME_KEY")
}
export "inbox_conversations" {
  source      = "acme"
  destination = "./out"
}
