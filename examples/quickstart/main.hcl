# A first export, of a simulated lemlist team: no key, no network, no real data.
#
# For your own team, remove the simulate block, uncomment api_key, and run
# `export LEMLIST_API_KEY=...` before lemexport.
source "lemlist" {
  # api_key = env("LEMLIST_API_KEY")

  simulate {
    users         = 3
    conversations = 5000
  }
}

export "inbox_conversations" {
  destination = "./out" # a folder, relative to where you run lemexport
}

# The names of users and labels, in files beside the conversations.
export "team_users" {
  destination = "./out"
}

export "inbox_labels" {
  destination = "./out"
}
