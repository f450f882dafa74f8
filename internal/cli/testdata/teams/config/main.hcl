# Read by tests whose loader makes the jobs.
