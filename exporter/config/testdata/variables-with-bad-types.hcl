variable "a" {
  type = text
}
variable "b" {
  type = list(list(string))
}
variable "c" {
  type    = list(string)
  default = "usr_a"
}
variable "size" {
  type = bool
}
variable "d" {
  type    = map(number)
  default = { x = "y" }
}
variable "e" {
  type = 5
}
variable "f" {
  type = var.a
}
source "lemlist" {
  type    = string
  api_key = env("LEMLIST_API_KEY")
  users   = var.c
}
export "inbox_conversations" {
  destination = "./out/${var.size}"
}
