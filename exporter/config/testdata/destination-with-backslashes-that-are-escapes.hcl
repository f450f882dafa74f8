source "lemlist" {
  simulate {}
}
export "inbox_conversations" {
  destination = "C:\new\table"
}
