source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "s3:/acme-lake/lemlist?region=eu-west-3"
}
