package monitor

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/lemexport/lemexport/exporter"
)

// instruments are the metrics. docs/monitoring.md describes them.
type instruments struct {
	runs, requests, retries, throttled, pages, rowsRead, rowsWritten metric.Int64Counter
	runTime, requestTime, rateLimitWait                              metric.Float64Histogram
}

// newInstruments makes the metrics. The buckets of requests reach from a fast answer to the
// longest wait for one, those of runs from a second to a day.
func newInstruments(meter metric.Meter) (*instruments, error) {
	var failed error
	counter := func(name, unit, description string) metric.Int64Counter {
		made, err := meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		failed = errors.Join(failed, err)
		return made
	}
	seconds := func(name, description string, buckets ...float64) metric.Float64Histogram {
		made, err := meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description), metric.WithExplicitBucketBoundaries(buckets...))
		failed = errors.Join(failed, err)
		return made
	}
	made := &instruments{
		runs:          counter("lemexport.runs", "{run}", "Runs that ended, by outcome"),
		requests:      counter("lemexport.requests", "{request}", "Requests to the API, by status"),
		retries:       counter("lemexport.retries", "{request}", "Requests that failed and were tried again"),
		throttled:     counter("lemexport.throttled", "{response}", "Pauses that the API asked for"),
		pages:         counter("lemexport.pages", "{page}", "Pages of lists that were read"),
		rowsRead:      counter("lemexport.rows.read", "{row}", "Rows on those pages, repeated ones included"),
		rowsWritten:   counter("lemexport.rows.written", "{row}", "Rows in files that were committed"),
		runTime:       seconds("lemexport.run.duration", "Time from the start of a run to its end", 1, 5, 15, 60, 300, 900, 3600, 14400, 43200, 86400),
		requestTime:   seconds("lemexport.request.duration", "Time from sending a request to the end of the response", .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60),
		rateLimitWait: seconds("lemexport.rate_limit.wait", "Time that a request waited for the rate limit", .01, .1, .5, 1, 2, 5, 10, 30, 60),
	}
	return made, failed
}

// observe counts an event. attributes say which run it is of.
func (i *instruments) observe(event exporter.Event, run, table []attribute.KeyValue) {
	if i == nil {
		return
	}
	ctx := context.Background()
	ofRun, ofTable := metric.WithAttributes(run...), metric.WithAttributes(table...)
	switch event := event.(type) {
	case exporter.RequestEnded:
		status := metric.WithAttributes(attribute.Int("http.response.status_code", event.Status))
		i.requests.Add(ctx, 1, ofRun, status)
		i.requestTime.Record(ctx, event.Took.Seconds(), ofRun, status)
		i.rateLimitWait.Record(ctx, event.Waited.Seconds(), ofRun)
	case exporter.RequestRetried:
		i.retries.Add(ctx, 1, ofRun)
	case exporter.Throttled:
		i.throttled.Add(ctx, 1, ofRun)
	case exporter.PageFetched:
		i.pages.Add(ctx, 1, ofTable)
		i.rowsRead.Add(ctx, int64(event.Rows), ofTable)
	case exporter.TableEnded:
		i.rowsWritten.Add(ctx, event.Rows, ofTable)
	}
}

// ended counts a run.
func (i *instruments) ended(took time.Duration, run []attribute.KeyValue) {
	if i == nil {
		return
	}
	of := metric.WithAttributes(run...)
	i.runs.Add(context.Background(), 1, of)
	i.runTime.Record(context.Background(), took.Seconds(), of)
}
