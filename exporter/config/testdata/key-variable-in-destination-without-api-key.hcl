source "lemlist" {
  simulate {}
}
export "inbox_conversations" {
  destination = "./${lower(env("LEMLIST_API_KEY"))}"
}
