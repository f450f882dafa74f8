source "hunter2-source" {
  api_key  = env("LEMLIST_API_KEY")
  endpoint = "https://api.lemlist.com/api?hunter2-endpoint"
  users    = ["hunter2-user", "hunter2-user", hunter2word]
  simulate {
    users         = "hunter2-many"
    conversations = hunter2word
    seed          = ["hunter2-seed"]
  }
  retry {
    max_elapsed = "hunter2-retry"
  }
}
export "inbox_conversations" {
  destination = "./out"
}
