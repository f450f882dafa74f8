source "lemlist" {
  for_each = { acme = "7", beta = "8" }
  simulate {
    seed = each.value
  }
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
