source "lemlist" {
  api_key { hunter two }
}
