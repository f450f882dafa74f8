source "lemlist" {
  for_each = { for pair in split(",", env("PAIRS")) : split("=", pair)[0] => split("=", pair)[1] }
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
