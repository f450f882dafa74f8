source "lemlist" "beta" {
  api_key = env("BETA_KEY")
}
export "inbox_conversations" {
  source      = "beta"
  destination = "file-out/../out"
}
