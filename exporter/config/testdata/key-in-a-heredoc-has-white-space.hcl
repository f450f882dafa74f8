source "lemlist" {
  api_key = <<EOT
zq9Xv7Lw2Mp4Rt6Yb1Nc
EOT
}
export "inbox_conversations" {
  destination = "./out"
}
