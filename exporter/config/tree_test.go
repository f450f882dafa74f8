package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/lemexport/lemexport/exporter"
)

// tree is a configuration that was read from no file.
func tree(key cty.Value, destination cty.Value) []*block {
	return []*block{
		{header: header{kind: "source", address: "source.lemlist", labels: []label{{text: "lemlist"}}}, attributes: []*attribute{
			{name: "api_key", address: "source.lemlist.api_key", value: key},
			{name: "users", address: "source.lemlist.users", value: cty.ListVal([]cty.Value{cty.StringVal("usr_a")})},
		}},
		{header: header{kind: "export", address: "export.inbox_conversations", labels: []label{{text: "inbox_conversations"}}}, attributes: []*attribute{
			{name: "destination", address: "export.inbox_conversations.destination", value: destination},
		}},
	}
}

// The rules do not need HCL: another syntax can bring its own tree.
func TestTreeWithoutFilesMakesAJob(t *testing.T) {
	c := checker{report: newReport(nil)}
	job := c.oneTeam(tree(cty.StringVal("some-key"), cty.StringVal("./out")))
	if diags := c.report.finish(1); len(diags) > 0 {
		t.Errorf("got %+v", diags)
	}
	if job.Source.APIKey.Reveal() != "some-key" {
		t.Error("the key is lost")
	}
	job.Source.APIKey = exporter.Secret{}
	want := exporter.Job{
		Source: exporter.SourceConfig{Type: "lemlist", Endpoint: exporter.DefaultEndpoint, Users: []string{"usr_a"}, Margin: exporter.DefaultMargin()},
		Exports: []exporter.Export{{
			Table: "inbox_conversations", Destination: "./out", Format: "parquet", Mode: "snapshot",
			Parquet: exporter.ParquetOptions{Compression: "zstd"}, Arrow: exporter.ArrowOptions{Compression: "zstd"},
		}},
	}
	if diff := cmp.Diff(want, job, cmp.AllowUnexported(exporter.Secret{})); diff != "" {
		t.Error(diff)
	}
}

func TestTreeWithoutFilesIsReportedByAddress(t *testing.T) {
	c := checker{report: newReport(nil)}
	c.oneTeam(tree(cty.StringVal("some-key"), cty.StringVal("./some-key")))
	c.oneTeam(tree(cty.StringVal("some-key"), cty.NumberIntVal(5)))
	diags := c.report.finish(1)
	if len(diags) != 2 || diags[0].Summary != "API key outside api_key" || diags[1].Summary != "Wrong type" {
		t.Fatalf("got %+v", diags)
	}
	for _, d := range diags {
		if d.Address != "export.inbox_conversations.destination" || d.Range != nil || d.Snippet != nil {
			t.Errorf("got %+v", d)
		}
	}
}
