package cli

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine/teams"
)

// The heartbeats of several teams: so many at once, for so long together.
const (
	beatsAtOnce = 16
	beatsTime   = 30 * time.Second
)

// beat tells the monitor of a source how its apply ended, before ctx ends. A monitor that does not answer
// is a warning: the run has ended, and the monitor alarms by itself.
func beat(ctx context.Context, app App, show view, source exporter.SourceConfig, done bool) {
	url := source.Heartbeat.OnFailure
	if done {
		url = source.Heartbeat.OnSuccess
	}
	if url.IsZero() {
		return
	}
	if err := app.Beat(ctx, url); err != nil {
		show.diagnostics(exporter.Diagnostics{{
			Severity: exporter.SeverityWarning, Summary: "the heartbeat was not sent: " + err.Error(),
			Detail: "It changes nothing about the export. Check the URL in the heartbeat block, which is not shown because it holds a token.",
		}})
	}
}

// beatTeams does so for each team that has a result.
func beatTeams(ctx context.Context, app App, show view, jobs []exporter.Job, results []teams.Result) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatsTime)
	defer cancel()
	var group errgroup.Group
	group.SetLimit(beatsAtOnce)
	for i, job := range jobs {
		outcome := results[i].Outcome
		group.Go(func() error {
			beat(ctx, app, show.of(job.Team), job.Source, outcome == teams.Done || outcome == teams.Fresh)
			return nil
		})
	}
	_ = group.Wait() // beat has shown what went wrong
}
