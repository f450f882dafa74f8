source "lemlist" {
  for_each = toset(split(",", env("TEAMS")))
  api_key  = trimspace(file("${each.value}.key"))
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
