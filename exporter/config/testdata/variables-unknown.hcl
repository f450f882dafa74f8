variable "bucket" {
  default = "./out"
}
locals {
  folder = "x"
}
source "lemlist" {
  api_key = var.kye
}
export "inbox_conversations" {
  destination = "${var.buckt}/${local.folders}"
  format      = var
}
