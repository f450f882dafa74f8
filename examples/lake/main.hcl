# Many teams, each in a folder of its own. lake.py copies this file beside a teams.json
# with the names and keys of 50 simulated teams: {"team-01": "key", …}. For your own
# teams, write such a file that only you can read, and remove the endpoint.
source "lemlist" {
  for_each = jsondecode(file("teams.json"))
  api_key  = each.value
  endpoint = env("LEMLIST_ENDPOINT")
}

# A table format needs files that never change: each apply adds one, and the newest two
# of a team stay.
export "inbox_conversations" {
  destination = "./files/team=${each.key}"
  layout      = "versioned"
  keep        = 2
}
