variable "team" {
  default = "zq9Xv7Lw2Mp4Rt6Yb1Nc"
}
source "lemlist" {
  api_key = var.team
}
export "inbox_conversations" {
  destination = "./out"
}
