export "inbox" {
  format = "csv"
}
source "lemlist" {
  users = [1]
}
foo {
}
