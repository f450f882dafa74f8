package engine

import (
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// origin is what made a file.
type origin struct {
	runID string
	tool  exporter.Tool
}

// manifest is that of a file with the rows of a walk, without what the runs before and
// the rows themselves tell.
func (o origin) manifest(target target, survey exporter.Survey, walked walked, started time.Time) exporter.Manifest {
	if since := walked.life.since; since.Before(started) {
		started = since // the walk began with pages of the survey
	}
	if resumed := walked.proof.ResumedFrom; resumed != nil {
		started = *resumed
	}
	return exporter.Manifest{
		Version:           exporter.ManifestVersion,
		RunID:             o.runID,
		Tool:              o.tool,
		Simulated:         survey.Simulated,
		Source:            sourceOf(survey),
		Table:             target.table.Name,
		SchemaVersion:     target.table.Version,
		SchemaFingerprint: target.table.Fingerprint(),
		Columns:           target.columns(),
		Mode:              target.Mode,
		Window:            exporter.Window{StartedAt: started.UTC(), FinishedAt: walked.finished.UTC()},
		UnknownFields:     walked.unknown,
		Proof:             walked.proof,
	}
}

func sourceOf(survey exporter.Survey) exporter.ManifestSource {
	return exporter.ManifestSource{Type: survey.Source, Endpoint: survey.Endpoint, TeamID: survey.TeamID}
}

// continued is a manifest with what it says of the runs before. Watermarks advance
// only where the walk has proven the list. beside is the digest of the names of the files
// beside that of an append.
func continued(m exporter.Manifest, beside string, plan ExportPlan, pages *collector) exporter.Manifest {
	m.Watermarks, m.Recent = make(map[string]time.Time), make(map[string]exporter.Recent)
	var carried *exporter.Manifest
	if plan.Increment != nil {
		carried = plan.Current
	}
	var before map[string]exporter.Mark
	if carried != nil {
		before = watermarks(carried, m.Mode, pages.lookback)
		m.Previous = &exporter.Previous{RunID: carried.RunID, Rows: carried.Rows}
		m.FullProof = fullProofOf(carried)
	}
	if m.Mode == exporter.ModeAppend {
		m.Sequence, m.Beside = 1, beside
		if carried != nil {
			m.Sequence = exporter.Sum(carried.Sequence, 1)
		}
	}
	for _, user := range m.Proof.Partitions {
		switch {
		case user.Complete && user.Watermark != nil:
			m.Watermarks[user.Partition] = *user.Watermark
		case user.Complete || carried == nil:
			continue
		default:
			mark, ok := before[user.Partition]
			if !ok {
				continue
			}
			m.Watermarks[user.Partition] = mark.Newest
			m.Recent[user.Partition] = exporter.Recent{Floor: mark.Floor, Known: mark.Known}
		}
		m.Recent[user.Partition] = pages.recent(user, m, plan)
	}
	if m.Mode != exporter.ModeAppend && carried != nil && !m.Proof.Whole() {
		// Rows that are kept have theirs.
		m.UnknownFields = exporter.JoinNames(m.UnknownFields, carried.UnknownFields)
	}
	// An append that did not add everything is not a full proof.
	if plan.Increment != nil && m.Proof.Whole() && (m.Mode == exporter.ModeMerge || plan.Increment.takesAll()) {
		m.FullProof = &exporter.FullProof{RunID: m.RunID, FinishedAt: m.Window.FinishedAt, Method: m.Proof.Method}
	}
	return m
}
