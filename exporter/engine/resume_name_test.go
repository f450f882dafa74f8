package engine

import (
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// Whatever makes another walk makes another journal.
func TestEveryInputOfAWalkIsInTheNameOfItsJournal(t *testing.T) {
	at := time.Unix(1_700_000_000, 0).UTC()
	type inputs struct {
		tool   exporter.Tool
		config exporter.SourceConfig
		table  *schema.Table
		survey exporter.Survey
		mark   exporter.Mark
	}
	name := func(change func(*inputs)) string {
		in := inputs{
			table:  schema.InboxConversations(),
			survey: exporter.Survey{TeamID: "tea_1", Endpoint: "https://api.lemlist.com/api", Tables: []exporter.TableSurvey{{Table: "inbox_conversations", Partitions: []exporter.PartitionSurvey{{Partition: "usr_1"}}}}},
			mark:   exporter.Mark{Newest: at, Total: new(int64(7)), Floor: at.Add(-time.Hour), Known: new(int64(3))},
		}
		change(&in)
		journals := journals{tool: in.tool, config: in.config}
		found, err := journals.name(in.table, in.survey, map[string]exporter.Mark{"usr_1": in.mark})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	narrow, err := schema.InboxConversations().Select(schema.Selection{Exclude: []string{"extra"}})
	if err != nil {
		t.Fatal(err)
	}
	same := name(func(*inputs) {})
	if again := name(func(*inputs) {}); again != same {
		t.Errorf("one walk has the names %s and %s", same, again)
	}
	seen := map[string]string{same: "nothing"}
	for what, change := range map[string]func(*inputs){
		"the program's version": func(in *inputs) { in.tool.Version = "next" },
		"the lookback":          func(in *inputs) { in.config.Margin.Lookback = time.Minute },
		"the increment":         func(in *inputs) { in.config.Margin.Increment = time.Minute },
		"the settling time":     func(in *inputs) { in.config.Margin.Settle = time.Minute },
		"the chosen users":      func(in *inputs) { in.config.Users = []string{"usr_1"} },
		"the columns":           func(in *inputs) { in.table = narrow },
		"the team":              func(in *inputs) { in.survey.TeamID = "tea_2" },
		"the endpoint":          func(in *inputs) { in.survey.Endpoint = "https://example.com/api" },
		"the users": func(in *inputs) {
			in.survey.Tables[0].Partitions = append(in.survey.Tables[0].Partitions, exporter.PartitionSurvey{Partition: "usr_2"})
		},
		"a simulation":        func(in *inputs) { in.survey.Simulated = true },
		"the newest activity": func(in *inputs) { in.mark.Newest = at.Add(time.Microsecond) },
		"the total":           func(in *inputs) { in.mark.Total = nil },
		"the floor":           func(in *inputs) { in.mark.Floor = at },
		"what is known":       func(in *inputs) { in.mark.Known = new(int64(4)) },
	} {
		here := name(change)
		if other, taken := seen[here]; taken {
			t.Errorf("a change of %s has the name of a change of %s", what, other)
		}
		seen[here] = what
	}
}
