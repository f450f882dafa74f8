source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./a"
  file_mode   = 0640
}
export "inbox_conversations" {
  destination = "./b"
  file_mode   = "0755"
}
export "inbox_conversations" {
  destination = "./c"
  file_mode   = "4640"
}
export "inbox_conversations" {
  destination = "./d"
  file_mode   = "0440"
}
export "inbox_conversations" {
  destination = "./e"
  file_mode   = "rw-r-----"
}
export "inbox_conversations" {
  destination = "./f"
  file_mode   = "0o640"
}
export "inbox_conversations" {
  destination = "./g"
  file_mode   = ""
}
export "inbox_conversations" {
  destination = "s3://acme-lake/lemlist?region=eu-west-3"
  file_mode   = "0640"
}
