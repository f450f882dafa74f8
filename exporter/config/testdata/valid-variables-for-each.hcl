variable "size" {
  default = 10
}
locals {
  teams = { acme = "1", beta = "2" }
}
source "lemlist" {
  for_each = local.teams
  simulate {
    conversations = var.size
    seed          = local.teams[each.key]
  }
}
export "inbox_conversations" {
  destination = "./out/${each.key}"
}
