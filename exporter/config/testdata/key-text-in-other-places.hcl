source "lemlist" {
  api_key  = "zq9Xv7Lw2Mp4Rt6Yb1Nc"
  endpoint = "https://x/zq9Xv7Lw2Mp4Rt6Yb1Nc"
  users    = ["usr_zq9Xv7Lw2Mp4Rt6Yb1Nc"]
}
export "inbox_conversations" {
  destination = "./zq9Xv7Lw2Mp4Rt6Yb1Nc"
}
