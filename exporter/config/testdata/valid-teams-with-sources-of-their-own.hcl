source "lemlist" "acme" {
  api_key = env("ACME_KEY")
}
source "lemlist" "beta" {
  api_key = env("BETA_KEY")
  users   = ["usr_a"]
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
export "team_users" {
  source      = "beta"
  destination = "./users"
}
