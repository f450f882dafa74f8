source "lemlist" {
  apikey = "zq9Xv7Lw2Mp4Rt6Yb1Nc"
}
export "inbox_conversations" {
  destination = "./out"
}
