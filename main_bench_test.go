package main

import (
	"bytes"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/internal/cli"
	"github.com/lemexport/lemexport/internal/heaplimit"
	"github.com/lemexport/lemexport/plugin/client"
)

// benchedTeam is a team whose API has no rate limit: what remains is our own work
// and the simulation's.
const benchedTeam = `{"source": {"lemlist": {"simulate": {"conversations": 100000, "rate_limit": false}}}}`

// BenchmarkPluginRead reads a team through the plugin and in this process, in
// turn, and reports both speeds and the ratio of their medians.
func BenchmarkPluginRead(b *testing.B) {
	path, err := exec.LookPath("lemexport")
	if err != nil {
		b.Fatal(err)
	}
	lemexport, err := client.Start(b.Context(), client.StartOptions{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	defer lemexport.Close()
	var through, inside []float64
	var size int64
	for b.Loop() {
		rows, seconds := readThrough(b, lemexport)
		through = append(through, float64(rows)/seconds)
		rows, seconds, size = readInside(b)
		inside = append(inside, float64(rows)/seconds)
	}
	slices.Sort(through)
	slices.Sort(inside)
	plugin, process := through[len(through)/2], inside[len(inside)/2]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(plugin, "plugin-rows/s")
	b.ReportMetric(plugin*float64(size)/(1<<20), "plugin-MiB/s")
	b.ReportMetric(process, "process-rows/s")
	b.ReportMetric(plugin/process, "plugin/process")
}

func readThrough(b *testing.B, lemexport *client.Client) (rows int64, seconds float64) {
	reading := lemexport.Read(client.ReadRequest{Config: []byte(benchedTeam), Table: "inbox_conversations"})
	started := time.Now()
	for rec, err := range reading.Records(b.Context()) {
		if err != nil {
			b.Fatal(err)
		}
		rows += rec.NumRows()
	}
	return rows, time.Since(started).Seconds()
}

// readInside also tells the mean size of a row in the stream of the plugin.
func readInside(b *testing.B) (rows int64, seconds float64, size int64) {
	job, diags := config.LoadJSON([]byte(benchedTeam))
	if err := diags.Err(); err != nil {
		b.Fatal(err)
	}
	run, err := newEngine(cli.Version{Number: "bench"}, slog.New(slog.DiscardHandler), "", exporter.DefaultMemory, shared{limit: heaplimit.New(true)}).Start(b.Context(), job, exporter.Unobserved{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	reading, err := run.Read("inbox_conversations", engine.ReadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	started := time.Now()
	for batch, err := range reading.Batches(b.Context()) {
		if err != nil {
			b.Fatal(err)
		}
		if rows += batch.Record.NumRows(); size == 0 {
			var body bytes.Buffer
			writer := ipc.NewWriter(&body, ipc.WithSchema(batch.Record.Schema()))
			if err := writer.Write(batch.Record); err != nil {
				b.Fatal(err)
			}
			before := body.Len()
			if err := writer.Write(batch.Record); err != nil {
				b.Fatal(err)
			}
			size = int64(body.Len()-before) / batch.Record.NumRows()
		}
	}
	return rows, time.Since(started).Seconds(), size
}

// BenchmarkStartUp runs the program as it is released, for its version: whatever
// a package does before main is in it.
func BenchmarkStartUp(b *testing.B) {
	path := filepath.Join(b.TempDir(), "lemexport")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build: %v: %s", err, output)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	var walls, cpus []float64
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), path, "version")
		started := time.Now()
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		walls = append(walls, time.Since(started).Seconds()*1e3)
		cpus = append(cpus, (cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()).Seconds()*1e3)
	}
	slices.Sort(walls)
	slices.Sort(cpus)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(walls[len(walls)/2], "median-ms")
	b.ReportMetric(cpus[len(cpus)/2], "median-cpu-ms")
	b.ReportMetric(float64(info.Size())/1e6, "MB")
}
