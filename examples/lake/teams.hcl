# 50 simulated teams, each in a folder of its own. teams.json lies in the folder where
# lemexport runs: {"team-01": {"seed": 1, "conversations": 37}, …}
#
# For your own teams, put their names and keys into a file that only you can read,
# {"acme": "key", …}, remove the simulate block, and uncomment api_key.
source "lemlist" {
  for_each = jsondecode(file("teams.json"))
  # api_key = each.value

  simulate {
    seed          = each.value.seed
    conversations = each.value.conversations
    rate_limit    = false
  }
}

# A table format needs files that never change: each apply adds one, and the
# newest two of a team stay.
export "inbox_conversations" {
  destination = "./files/team=${each.key}"
  layout      = "versioned"
  keep        = 2
}
