variable "size" {
  default = ["a"]
}
variable "list" {
  default = 5
}
variable "a" {
  default   = 1
  sensitive = "maybe"
  defalt    = 1
}
variable {
}
variable "1x" {
}
source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./out"
}
