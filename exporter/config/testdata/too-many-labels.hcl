source "lemlist" "acme" "x" {
  simulate "y" {
  }
}
export "inbox_conversations" {
  destination = "./out"
}
