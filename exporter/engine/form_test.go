package engine_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	parquetgo "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// fileForms are options that lead from every form of a file to another one.
func fileForms() []exporter.ParquetOptions {
	return []exporter.ParquetOptions{
		{Encoding: exporter.EncodingCompact, Extra: exporter.ExtraJSON},
		{},
		{Encoding: exporter.EncodingPlain, Extra: exporter.ExtraJSON},
		{Encoding: exporter.EncodingPlain},
		{Encoding: exporter.EncodingCompact},
		{Extra: exporter.ExtraJSON},
	}
}

// formIn tells the form of a file, as another reader sees it.
func formIn(t *testing.T, path string) exporter.ParquetOptions {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	opened, err := parquetgo.OpenFile(file, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	var used []format.Encoding
	for _, group := range opened.Metadata().RowGroups {
		for _, chunk := range group.Columns {
			used = append(used, chunk.MetaData.Encoding...)
		}
	}
	var form exporter.ParquetOptions
	switch {
	case slices.Contains(used, format.DeltaByteArray):
		form.Encoding = exporter.EncodingCompact
	case !slices.Contains(used, format.DeltaBinaryPacked):
		form.Encoding = exporter.EncodingPlain
	}
	for _, element := range opened.Metadata().Schema {
		if _, ok := element.LogicalType.Value.(*format.JsonType); ok {
			form.Extra = exporter.ExtraJSON
		}
	}
	return form
}

// A merge goes on from a file of any form, and writes the one that is asked for.
func TestAMergeWritesTheFormThatIsConfigured(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 400})
	for step, options := range fileForms() {
		job := in(exporter.ModeMerge, b.job(b.dir))
		job.Exports[0].Parquet = options
		plan, summary := b.mustApply(t, job)
		if step > 0 && (plan.Exports[0].Increment.Full != "" || summary.Exports[0].Manifest.Changes.Kept == 0) {
			t.Errorf("step %d reads everything again: %+v", step, plan.Exports[0].Increment)
		}
		if planned := plan.Exports[0]; planned.Encoding != options.Encoding || planned.Extra != options.Extra {
			t.Errorf("step %d: the plan says %q and %q", step, planned.Encoding, planned.Extra)
		}
		if got := formIn(t, b.file()); got.Encoding != options.Encoding || got.Extra != options.Extra {
			t.Errorf("step %d: %+v instead of %+v", step, got, options)
		}
		b.mustVerify(t, b.file())
		if got, want := len(idsOf(t, b.file())), len(b.truth()); got != want {
			t.Errorf("step %d: %d rows instead of %d", step, got, want)
		}
		b.churn(12, uint64(step), sim.Jump, sim.Insert)
	}
}

// The files of one append may be of any form.
func TestAnAppendTakesFilesOfEveryForm(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 300})
	for step, options := range fileForms() {
		job := in(exporter.ModeAppend, b.job(b.dir))
		job.Exports[0].Parquet = options
		if plan, _ := b.mustApply(t, job); step > 0 && plan.Exports[0].Increment.Full != "" {
			t.Errorf("step %d reads everything again: %s", step, plan.Exports[0].Increment.Full)
		}
		if step < len(fileForms())-1 {
			b.churn(12, uint64(step), sim.Jump, sim.Insert)
		}
	}
	found := map[string]bool{}
	for _, path := range b.files(t) {
		found[fmt.Sprint(formIn(t, path))] = true
	}
	if len(found) != len(fileForms()) {
		t.Errorf("the files have %d forms: %v", len(found), found)
	}
	for verified, err := range b.VerifyEach(t.Context(), b.dir) {
		if err != nil || !verified.OK() {
			t.Fatalf("%v: %+v", err, verified.Checks)
		}
	}
	if diff := gocmp.Diff(b.truth(), b.view(t)); diff != "" {
		t.Error(diff)
	}
}
