source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "s3://acme-lake/lemlist?regoin=eu-west-3"
}
export "inbox_conversations" {
  destination = "s3://AKIDEXAMPLE:hunter2@acme-lake/x"
}
export "inbox_conversations" {
  destination = "azblob://lake/x?storage_account=acme&sv=2024&sig=hunter2"
}
export "inbox_conversations" {
  destination = "s3://acme-lake/y?storage_class=GLACIER"
}
export "inbox_conversations" {
  destination = "gs://acme-lake/z"
}
export "inbox_conversations" {
  destination = "gs://acme-lake/z/"
}
