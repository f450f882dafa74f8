variable "bucket" {
  description = "where the lake is"
  default     = "./lake"
}
variable "key" {
  sensitive = true
}
variable "list" {
  default = ["usr_a"]
}
locals {
  folder = "${var.bucket}/${local.name}"
  name   = lower("LEMLIST")
}
source "lemlist" {
  api_key = var.key
  users   = var.list
}
export "inbox_conversations" {
  destination = local.folder
}
