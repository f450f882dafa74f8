//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// collector is an OTLP server that keeps what it receives.
type collector struct {
	url string

	mu       sync.Mutex
	bodies   bytes.Buffer
	headers  []string
	spans    []*tracepb.Span
	metrics  []*metrics.Metric
	resource map[string]string
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{resource: map[string]string{}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	text, _ := io.ReadAll(body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bodies.Write(text)
	c.headers = append(c.headers, r.Header.Get("X-Tenant"))
	switch r.URL.Path {
	case "/v1/traces":
		var request collectortrace.ExportTraceServiceRequest
		if err := proto.Unmarshal(text, &request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, resource := range request.GetResourceSpans() {
			maps.Copy(c.resource, valuesOf(resource.GetResource().GetAttributes()))
			for _, spans := range resource.GetScopeSpans() {
				c.spans = append(c.spans, spans.GetSpans()...)
			}
		}
	case "/v1/metrics":
		var request collectormetrics.ExportMetricsServiceRequest
		if err := proto.Unmarshal(text, &request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, resource := range request.GetResourceMetrics() {
			for _, metrics := range resource.GetScopeMetrics() {
				c.metrics = append(c.metrics, metrics.GetMetrics()...)
			}
		}
	default:
		http.NotFound(w, r)
	}
}

// tree is the spans by their path: run/table/walk.
func (c *collector) tree() map[string]*tracepb.Span {
	byID := map[string]*tracepb.Span{}
	for _, span := range c.spans {
		byID[string(span.GetSpanId())] = span
	}
	paths := map[string]*tracepb.Span{}
	for _, span := range c.spans {
		path := span.GetName()
		for parent := byID[string(span.GetParentSpanId())]; parent != nil; parent = byID[string(parent.GetParentSpanId())] {
			path = parent.GetName() + "/" + path
		}
		paths[path] = span
	}
	return paths
}

// sum adds up the points of a metric.
func (c *collector) sum(name string) (total int64) {
	for _, metric := range c.metrics {
		if metric.GetName() != name {
			continue
		}
		for _, point := range metric.GetSum().GetDataPoints() {
			total += point.GetAsInt()
		}
		for _, point := range metric.GetHistogram().GetDataPoints() {
			total += int64(point.GetCount())
		}
	}
	return total
}

func valuesOf(attributes []*common.KeyValue) map[string]string {
	values := map[string]string{}
	for _, one := range attributes {
		text := one.GetValue().GetStringValue()
		if text == "" {
			text = strings.Trim(strings.TrimPrefix(one.GetValue().String(), one.GetKey()), "{}")
			_, text, _ = strings.Cut(text, ":")
		}
		values[one.GetKey()] = text
	}
	return values
}

// watched writes a configuration for a simulated API that asks for the test's key.
func watched(t *testing.T, options sim.Options) (dir string, team *sim.Server) {
	t.Helper()
	options.Key = testKey
	team, err := sim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(team)
	t.Cleanup(server.Close)
	dir = t.TempDir()
	body := "source \"lemlist\" {\n  api_key = env(\"LEMLIST_API_KEY\")\n  endpoint = \"" + server.URL + "/api\"\n}\n" +
		"export \"inbox_conversations\" {\n  destination = \"out\"\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, team
}

func TestARunIsExportedAsTracesAndMetrics(t *testing.T) {
	t.Parallel()
	collector := newCollector(t)
	dir, team := watched(t, sim.Options{Users: 2, Conversations: 250})
	const trace = "0af7651916cd43dd8448eb211c80319c"
	p := startIn(t, dir, []string{
		"LEMLIST_API_KEY=" + testKey, "OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.url, "OTEL_EXPORTER_OTLP_HEADERS=x-tenant=acme",
		"OTEL_SERVICE_NAME=nightly", "OTEL_RESOURCE_ATTRIBUTES=deployment.environment=test",
		"TRACEPARENT=00-" + trace + "-b7ad6b7169203331-01",
	}, "apply", "-auto-approve")
	if status := p.status(t); status != 0 || strings.Contains(p.err.String(), "monitoring") {
		t.Fatalf("exit %d: %s", status, &p.err)
	}
	collector.mu.Lock()
	defer collector.mu.Unlock()
	tree := collector.tree()
	for _, path := range []string{"run", "run/plan", "run/table", "run/table/walk", "run/table/encode", "run/table/commit"} {
		span := tree[path]
		if span == nil {
			t.Fatalf("no span %s in %v", path, tree)
		}
		if id := span.GetTraceId(); !bytes.Equal(id, []byte("\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c")) {
			t.Errorf("%s is in the trace %x", path, id)
		}
		if span.GetEndTimeUnixNano() < span.GetStartTimeUnixNano() || span.GetStatus().GetCode() != tracepb.Status_STATUS_CODE_UNSET {
			t.Errorf("%s: %v", path, span)
		}
	}
	if len(collector.spans) != 6 {
		t.Errorf("%d spans, want 6", len(collector.spans))
	}
	run, table := valuesOf(tree["run"].GetAttributes()), valuesOf(tree["run/table"].GetAttributes())
	if run["lemexport.run_id"] == "" || run["lemexport.action"] != "apply" || run["lemexport.outcome"] != "done" {
		t.Errorf("the run has %v", run)
	}
	for name, want := range map[string]string{
		"lemexport.table": "inbox_conversations", "lemexport.mode": "snapshot", "lemexport.format": "parquet",
		"lemexport.complete": "true", "lemexport.rows.written": "250", "lemexport.files": "1",
	} {
		if table[name] != want {
			t.Errorf("%s of the table is %q, want %q: %v", name, table[name], want, table)
		}
	}
	if collector.resource["service.name"] != "nightly" || collector.resource["deployment.environment"] != "test" {
		t.Errorf("the resource has %v", collector.resource)
	}
	requests := int64(team.Stats().Requests)
	for name, want := range map[string]int64{
		"lemexport.runs": 1, "lemexport.run.duration": 1, "lemexport.requests": requests, "lemexport.request.duration": requests,
		"lemexport.rate_limit.wait": requests, "lemexport.rows.written": 250,
	} {
		if got := collector.sum(name); got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
	if collector.sum("lemexport.pages") == 0 || collector.sum("lemexport.rows.read") < 250 {
		t.Errorf("%d pages and %d rows were read", collector.sum("lemexport.pages"), collector.sum("lemexport.rows.read"))
	}
	if !slices.Contains(collector.headers, "acme") {
		t.Errorf("the headers were %q", collector.headers)
	}
	for _, private := range []string{testKey, "usr_", "con_", "example.com", dir, "/api"} {
		if bytes.Contains(collector.bodies.Bytes(), []byte(private)) {
			t.Errorf("%q was exported", private)
		}
	}
}

func TestTheSpansOfAReading(t *testing.T) {
	t.Parallel()
	collector := newCollector(t)
	dir, _ := watched(t, sim.Options{Users: 2, Conversations: 250})
	p := startIn(t, dir, []string{
		"LEMLIST_API_KEY=" + testKey, "OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.url, "OTEL_METRICS_EXPORTER=none",
	}, "read", "inbox_conversations", "-format=jsonl")
	if status := p.status(t); status != 0 {
		t.Fatalf("exit %d: %s", status, &p.err)
	}
	collector.mu.Lock()
	defer collector.mu.Unlock()
	paths := slices.Sorted(maps.Keys(collector.tree()))
	if want := []string{"run", "run/table", "run/table/survey", "run/table/walk"}; !slices.Equal(paths, want) {
		t.Errorf("the spans are %q, want %q", paths, want)
	}
	if action := valuesOf(collector.tree()["run"].GetAttributes())["lemexport.action"]; action != "read" || len(collector.metrics) > 0 {
		t.Errorf("the action is %q, with %d metrics", action, len(collector.metrics))
	}
}

func TestTheSpansOfARunThatFailsSayWhatKindOfErrorItWas(t *testing.T) {
	t.Parallel()
	collector := newCollector(t)
	dir, _ := watched(t, sim.Options{Users: 2, Conversations: 250})
	if err := os.WriteFile(filepath.Join(dir, "out"), nil, 0o600); err != nil { // a file where the folder belongs
		t.Fatal(err)
	}
	p := startIn(t, dir, []string{"LEMLIST_API_KEY=" + testKey, "OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.url}, "apply", "-auto-approve")
	if status := p.status(t); status != 1 {
		t.Fatalf("exit %d: %s", status, &p.err)
	}
	collector.mu.Lock()
	defer collector.mu.Unlock()
	run := collector.tree()["run"]
	if run.GetStatus().GetCode() != tracepb.Status_STATUS_CODE_ERROR || run.GetStatus().GetMessage() != "failed" {
		t.Errorf("the status is %v", run.GetStatus())
	}
	if values := valuesOf(run.GetAttributes()); values["lemexport.outcome"] != "failed" || values["error.type"] == "" {
		t.Errorf("the run has %v", values)
	}
	if bytes.Contains(collector.bodies.Bytes(), []byte(dir)) {
		t.Error("the text of the error was exported")
	}
}

func TestTelemetryThatCannotBeSentIsAWarningWithoutSecrets(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "token s3cr3t-in-body", http.StatusUnauthorized)
	}))
	t.Cleanup(refusing.Close)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	host := func(url string) string { return strings.Replace(url, "http://", "http://user:s3cr3t-in-url@", 1) }
	for name, test := range map[string]struct {
		env  []string
		want string
	}{
		"a server that refuses":           {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + host(refusing.URL)}, "not delivered"},
		"a server that does not respond":  {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + host(silent.URL)}, "did not respond in time"},
		"no server":                       {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1"}, "connection refused"},
		"headers that cannot be read":     {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + refusing.URL, "OTEL_EXPORTER_OTLP_HEADERS=s3cr3t-header"}, "not delivered"},
		"attributes that cannot be read":  {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + refusing.URL, "OTEL_RESOURCE_ATTRIBUTES=s3cr3t"}, "OTEL_RESOURCE_ATTRIBUTES"},
		"an exporter that is not there":   {[]string{"OTEL_TRACES_EXPORTER=zipkin"}, "OTEL_TRACES_EXPORTER takes otlp or none"},
		"a protocol that is not there":    {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + refusing.URL, "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL takes http/protobuf"},
		"nothing that is wrong, disabled": {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + refusing.URL, "OTEL_SDK_DISABLED=true"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, _ := watched(t, sim.Options{Users: 1, Conversations: 30})
			p := startIn(t, dir, append(test.env, "LEMLIST_API_KEY="+testKey), "apply", "-auto-approve", "-json")
			if status := p.status(t); status != 0 {
				t.Errorf("exit %d: %s", status, &p.err)
			}
			if !strings.Contains(p.err.String(), test.want) || (test.want == "") != (p.err.Len() == 0) {
				t.Errorf("standard error has %q, want %q", &p.err, test.want)
			}
			if strings.Contains(p.err.String()+p.out.String(), "s3cr3t") {
				t.Errorf("a secret was printed: %s%s", &p.out, &p.err)
			}
		})
	}
}
