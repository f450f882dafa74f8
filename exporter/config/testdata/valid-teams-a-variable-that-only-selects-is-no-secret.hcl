source "lemlist" {
  for_each = toset([env("TEAM")])
  api_key  = env("${env("TEAM")}_KEY")
}
export "inbox_conversations" {
  destination = "./out/${env("TEAM")}/${each.key}"
}
