source "lemlist" {
  simulate {}
}
