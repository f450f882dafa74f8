source "lemlist" {
  for_each = { acme = "1", beta = "2" }
  api_key  = env(upper("${each.key}_KEY"))
}
export "inbox_conversations" {
  destination = "./out/${replace(each.key, each.key, "x")}/"
}
