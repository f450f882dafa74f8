source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "gs://acme-lake/lemlist?endpoint=http://10.9.8.7"
}
export "inbox_conversations" {
  destination = "s3://acme-lake/lemlist?endpoint=http://10.9.8.7"
}
export "inbox_conversations" {
  destination = "azblob://lake/lemlist?domain=10.9.8.7&protocol=http"
}
export "inbox_conversations" {
  destination = "s3://acme-lake/lemlist?endpoint=https://minio.example:9000&use_path_style=true"
}
export "inbox_conversations" {
  destination = "gs://acme-lake/lemlist?endpoint=https://gcs.example"
}
export "inbox_conversations" {
  destination = "azblob://lake/lemlist?storage_account=a.example/"
}
export "inbox_conversations" {
  destination = "s3://acme-lake/lemlist?hunter2"
}
