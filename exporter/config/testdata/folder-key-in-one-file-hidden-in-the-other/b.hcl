export "inbox_conversations" {
  destination = "./zq9Xv7Lw2Mp4Rt6Yb1Nc"
}
