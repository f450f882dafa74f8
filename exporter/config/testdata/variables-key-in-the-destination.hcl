variable "key" {}
locals {
  key = trimspace(var.key)
}
source "lemlist" {
  api_key = local.key
}
export "inbox_conversations" {
  destination = "./${upper(var.key)}"
}
