package cli

// insteadOf says what to do instead of a command that other tools have; "" when none is
// known.
func insteadOf(command string) string {
	switch command {
	case "destroy":
		return "lemexport never removes an export: delete the files yourself. 'lemexport prune LOCATION' removes those that are no longer needed."
	case "state", "output", "import", "taint", "untaint", "force-unlock":
		return "There is no state beside the files: each file says what it holds, and the next plan reads that. Look at it with 'lemexport show LOCATION'."
	case "refresh":
		return "Every 'lemexport plan' reads the team and the files anew, so there is nothing to refresh."
	case "workspace", "env":
		return "Give several teams one source block with for_each, or use a configuration file for each team."
	case "get", "providers", "modules":
		return "There is nothing to install: the program has all that it needs."
	case "login", "logout":
		return "lemexport keeps no key: set LEMLIST_API_KEY and write api_key = env(\"LEMLIST_API_KEY\")."
	case "console", "graph", "test":
		return "There is no such command. Run 'lemexport plan' to see what an apply would do, and 'lemexport validate' to check a configuration."
	}
	return ""
}

// insteadOfFlag is the same for a flag of a command.
func insteadOfFlag(command, flag string) string {
	switch {
	case command == "init" && (flag == "upgrade" || flag == "reconfigure" || flag == "migrate-state" || flag == "backend-config"):
		return "'lemexport init' only writes a configuration: there are no plugins and no state to set up."
	case (command == "plan" || command == "apply") && (flag == "target" || flag == "replace"):
		return "An apply writes every export of the configuration. Name a file with fewer export blocks, or of several teams some with -only=NAME."
	case (command == "plan" || command == "apply") && (flag == "destroy" || flag == "refresh" || flag == "refresh-only"):
		return insteadOf(flag[:7])
	case command == "fmt" && flag == "recursive":
		return "Give the path of each folder: 'lemexport fmt PATH'."
	}
	return ""
}
