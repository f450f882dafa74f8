source "lemlist" {
  for_each = jsondecode(file("zq9Xv7Lw2Mp4Rt6Yb1Nc"))
  api_key  = each.value
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
