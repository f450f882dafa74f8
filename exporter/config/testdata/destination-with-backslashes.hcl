source "lemlist" {
  simulate {}
}
export "inbox_conversations" {
  destination = "C:\data\inbox"
}
