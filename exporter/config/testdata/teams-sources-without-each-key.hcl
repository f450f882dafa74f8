source "lemlist" "acme" {
  api_key = env("ACME_KEY")
}
source "lemlist" "Acme" {
  api_key = env("BETA_KEY")
}
export "inbox_conversations" {
  destination = "./out"
}
