source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./out"
}
export "team_users" {
  destination = "./out"
  columns {
    exclude = ["email", "extra"]
  }
}
export "team_users" {
  destination = "./raw"
}
export "inbox_labels" {
  destination = "./out"
  full_every  = "24h"
  columns {
    exclude = ["contact"]
  }
}
