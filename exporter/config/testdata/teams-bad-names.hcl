source "lemlist" {
  for_each = ["a/b", "..", "c\\d", "", " e", "f\ng", "acme", "ACME", "q?x", "acme"]
  api_key  = env("${each.key}")
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
