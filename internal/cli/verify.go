package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

func newVerify(app App, global *settings, views func() view) *cobra.Command {
	return &cobra.Command{
		Use:   "verify LOCATION...",
		Short: "Read exports again and check them",
		Long: `Reads the export at each LOCATION, a file or the folder it was written to, and
checks it against the manifest in the file: footer, schema, lineage of merged and
appended files, number of rows, unique ids, order and content hash. It compares
every byte of the file with the checksums in the footer. In a folder it checks
the exports of all tables. It checks every file of an append, and that each
continues another file of the folder or contains everything. In a versioned
layout it checks the newest version, and that the pointer describes it. It does
not contact the API.

Exit status: 0 intact and proven complete, 1 damaged or not readable, 3 intact
but not proven complete.`,
		Example: "  lemexport verify out\n  lemexport verify out/acme out/globex",
		Args:    atLeastOne("LOCATION"),
		RunE: func(command *cobra.Command, args []string) error {
			return runVerify(command.Context(), app, *global, views(), args)
		},
	}
}

func runVerify(ctx context.Context, app App, global settings, show view, locations []string) error {
	total := verifiedTotal{Complete: true}
	failed := 0
	err := interruptible(ctx, app, show, func(ctx context.Context) error {
		for _, location := range locations {
			one, err := verifyLocation(ctx, app, global, show, location)
			total.join(one)
			if err != nil && (len(locations) == 1 || ctx.Err() != nil) {
				return interruption(ctx, err, "nothing was changed")
			}
			if err != nil { // the others may be as they should be
				show.diagnostics(exporter.Diagnose(err))
				failed++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if total.Files > 0 {
		show.verified(total)
	}
	switch {
	case total.Damaged > 0 || failed > 0:
		return ended{exporter.ExitError}
	case !total.Complete:
		return ended{exporter.ExitIncomplete}
	}
	return nil
}

// verifyLocation verifies what is at one location.
func verifyLocation(ctx context.Context, app App, global settings, show view, location string) (verifiedTotal, error) {
	show.diagnostics(exporter.LocationWarnings(location))
	total := verifiedTotal{Complete: true}
	for found, err := range app.NewEngine(newLog(app, global), "", int64(global.memory), 1).VerifyEach(ctx, location) {
		if err != nil {
			return total, err
		}
		show.verification(found)
		total.add(found)
	}
	return total, nil
}

// verifiedTotal is the sum over the files of a location, or of several.
type verifiedTotal struct {
	Files   int   `json:"files"`
	Damaged int   `json:"damaged"`
	Rows    int64 `json:"rows"`
	// Complete is that of the newest file of an append, which also covers what earlier
	// files could not prove.
	Complete bool `json:"complete"`
	// appended says that a file of an append was seen, others that all before it
	// are complete.
	appended, others bool
	// terms are those of the proofs that need an explanation, each once.
	terms []string
}

// join adds the sum of another location.
func (v *verifiedTotal) join(other verifiedTotal) {
	v.Files, v.Damaged, v.Rows = v.Files+other.Files, v.Damaged+other.Damaged, exporter.Sum(v.Rows, other.Rows)
	v.Complete = v.Complete && other.Complete
	v.explain(other.terms)
}

// explain adds terms, each once.
func (v *verifiedTotal) explain(terms []string) {
	for _, term := range terms {
		if !slices.Contains(v.terms, term) {
			v.terms = append(v.terms, term)
		}
	}
}

func (v *verifiedTotal) add(found engine.Verification) {
	v.Files++
	v.Rows = exporter.Sum(v.Rows, found.Manifest.Rows)
	if !found.OK() {
		v.Damaged++
	}
	terms := []string{found.Manifest.Proof.Method}
	if ground(found.Manifest) != "" {
		terms = append(terms, termFullProof)
	}
	v.explain(terms)
	complete := found.Manifest.Proof.Complete
	if found.Manifest.Mode == exporter.ModeAppend && v.appended {
		v.Complete = v.others && complete
		return
	}
	v.others = v.Complete
	v.appended = found.Manifest.Mode == exporter.ModeAppend
	v.Complete = v.Complete && complete
}
