source "lemlist" {
  for_each = { for team in split(",", env("TEAMS")) : team => env(upper("${team}_KEY")) }
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "./out/${replace(env("TEAMS"), ",", "-")}/${each.key}"
}
