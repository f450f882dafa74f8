variable "list" {
  type = list(string)
}
variable "size" {
  type    = number
  default = 7
}
variable "shrink" {
  type    = string
  default = 0.25
}
variable "keys" {
  type = map(string)
  default = {
    acme = "a"
  }
}
source "lemlist" {
  users = var.list
  simulate {
    conversations = var.size + 1
  }
}
export "inbox_conversations" {
  destination = "./out/${var.keys.acme}"
  max_shrink  = var.shrink
}
