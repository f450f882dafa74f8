"""Several simulated teams behind one address, and their configuration."""

import json
import subprocess
import sys
import urllib.parse

from team import MARGIN, PROGRAM, TABLE, Team


class Teams:
    """Serves teams until the with block ends, on a port of earlier teams or a free one; then traffic has their requests."""

    def __init__(self, count, *flags, port=0):
        self.command = [PROGRAM, "sim", "-json", f"-teams={count}", f"-addr=127.0.0.1:{port}", *flags]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            message = json.loads(line)
            if message["type"] == "listening":
                break
        else:
            sys.exit("lemexport sim has ended")
        self.endpoint, self.port = message["endpoint"], urllib.parse.urlsplit(message["endpoint"]).port
        self.keys = {team["name"]: team["api_key"] for team in message["teams"]}
        self.rows = {team["name"]: team["conversations"] for team in message["teams"]}
        return self

    def __exit__(self, *_):
        self.process.terminate()
        messages = map(json.loads, self.process.communicate()[0].splitlines())
        self.traffic = [message["traffic"] for message in messages if message["type"] == "traffic"]

    def names(self):
        """The names of the teams, the largest first."""
        return sorted(self.rows, key=self.rows.get, reverse=True)

    def team(self, name):
        """One of the teams, which exports and drifts as a single one does."""
        team = Team()
        team.endpoint, team.key = self.endpoint, self.keys[name]
        return team

    def configure(self, folder, keys=None):
        """Writes a configuration and the file of keys that it reads; keys replace those of some teams."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lemlist.json").write_text(json.dumps({**self.keys, **(keys or {})}))
        (folder / "main.hcl").write_text(f'''source "lemlist" {{
  for_each = jsondecode(file("{folder}/lemlist.json"))
  api_key  = each.value
  endpoint = "{self.endpoint}"
  margin {{
    settle = "{MARGIN["settle"]}"
  }}
}}

export "{TABLE}" {{
  destination = "{folder}/out/team=${{each.key}}"
}}
''')
        return str(folder)
