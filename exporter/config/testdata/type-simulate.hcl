source "lemlist" {
  simulate {
    users = "many"
    rate_limit = 3
    seed = {}
  }
}
export "inbox_conversations" {
  destination = "./out"
}
