package main

import (
	"runtime/debug"
	"testing"
)

// A release states its own number; go install and a clone have the one of the Go tool.
func TestTheVersionOfABuild(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: commit}, {Key: "vcs.modified", Value: "true"}}
	for name, test := range map[string]struct {
		release  string
		info     debug.BuildInfo
		number   string
		commit   string
		modified bool
	}{
		"a release":              {"1.2.3", debug.BuildInfo{Main: debug.Module{Version: "v1.2.4"}, Settings: vcs}, "1.2.3", commit[:12], true},
		"go install of a tag":    {"", debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "1.2.3", "", false},
		"go install of a commit": {"", debug.BuildInfo{Main: debug.Module{Version: "v1.2.4-0.20261129113100-0123456789ab"}}, "1.2.4-0.20261129113100-0123456789ab", "", false},
		"a clone without a tag":  {"", debug.BuildInfo{Main: debug.Module{Version: "v0.0.0-20261129113100-0123456789ab+dirty"}, Settings: vcs}, "dev", commit[:12], true},
		"go run":                 {"", debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "dev", "", false},
		"no information":         {"", debug.BuildInfo{}, "dev", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			got := versionOf(test.release, &test.info)
			if got.Number != test.number || got.Commit != test.commit || got.Modified != test.modified {
				t.Errorf("got %+v", got)
			}
		})
	}
}
