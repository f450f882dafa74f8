source "lemlist" {
  api_key = join("", [
    "zq9Xv7Lw2M",
    "p4Rt6Yb1Nc",
    5 + "x",
  ])
}
export "inbox_conversations" {
  destination = "./out"
}
