source "lemlist" {
  api_key  = try(env("UNSET"), env("UNSET_TOO"))
  users    = coalesce("", null)
}
export "inbox_conversations" {
  destination = file("")
  format      = jsondecode("{")
}
