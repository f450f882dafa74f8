source "lemlist" "acme" {
  api_key = env("ACME_KEY")
}
source "lemlist" "beta" {
  api_key = env("BETA_KEY")
}
export "inbox_conversations" {
  source      = "acme"
  destination = "./out"
}
export "inbox_conversations" {
  source      = "beta"
  destination = "out/../out/"
}
