source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "s3://acme-lake/lemlist?endpoint=http://minio:9000&insecure=true&send_credentials=true"
}
