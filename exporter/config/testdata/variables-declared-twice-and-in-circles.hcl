variable "a" {
  default = "x"
}
variable "a" {
  default = "y"
}
variable "b" {
  default = local.y
}
locals {
  x = local.y
  y = local.x
  z = each.key
}
locals {
  x = 1
  inner {
  }
}
source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = local.x
}
