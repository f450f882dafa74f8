source "lemlist" {
  for_each = ["acme", "beta"]
  simulate {}
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
