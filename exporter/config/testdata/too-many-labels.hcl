source "lemlist" "x" {
  simulate "y" {
  }
}
export "inbox_conversations" {
  destination = "./out"
}
