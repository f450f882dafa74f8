// Package monitor tells monitoring systems how runs go: traces and metrics by
// OpenTelemetry, and heartbeats by GET. It imports exporter only. Nothing here delays or
// fails a run, and neither keys nor personal data leave it.
package monitor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/lemexport/lemexport/exporter"
)

// scope names what spans and metrics come from.
const scope = "github.com/lemexport/lemexport"

// flushTime is how long the end of the process waits for a collector.
const flushTime = 5 * time.Second

// Lookup looks up an environment variable.
type Lookup func(name string) (value string, ok bool)

// Telemetry exports traces and metrics by OTLP.
type Telemetry struct {
	tracer      trace.Tracer
	parent      trace.SpanContext
	instruments *instruments
	providers   []provider
	failures    *failures
}

// provider is a tracer provider or a meter provider.
type provider interface {
	Shutdown(ctx context.Context) error
}

// signals say what the standard variables ask for.
type signals struct{ traces, metrics bool }

// NewTelemetry starts what the standard OTEL_ variables ask for. Without them, it does
// nothing. The error says which variable cannot be used; nothing is exported then.
func NewTelemetry(ctx context.Context, env Lookup, version string) (*Telemetry, error) {
	wanted, err := wantedSignals(env)
	if err != nil || !wanted.traces && !wanted.metrics {
		return silent(), err
	}
	// The library logs what it cannot parse, headers with secrets included.
	otel.SetLogger(logr.Discard())
	t := silent()
	otel.SetErrorHandler(t.failures)
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "lemexport"), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return silent(), errors.New("OTEL_RESOURCE_ATTRIBUTES cannot be read: it takes name=value, separated by commas")
	}
	if wanted.traces {
		err = errors.Join(err, t.startTraces(ctx, about))
	}
	if wanted.metrics {
		err = errors.Join(err, t.startMetrics(ctx, about))
	}
	if err != nil {
		return silent(), errors.Join(errors.New("the OTEL_EXPORTER_OTLP_ variables cannot be used"), t.Close())
	}
	t.parent = parentOf(env)
	return t, nil
}

// silent exports nothing.
func silent() *Telemetry {
	return &Telemetry{tracer: noop.NewTracerProvider().Tracer(scope), failures: new(failures)}
}

func (t *Telemetry) startTraces(ctx context.Context, about *resource.Resource) error {
	client, err := otlptracehttp.New(ctx)
	if err != nil {
		return err
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(client), sdktrace.WithResource(about))
	t.tracer, t.providers = provider.Tracer(scope), append(t.providers, provider)
	return nil
}

func (t *Telemetry) startMetrics(ctx context.Context, about *resource.Resource) error {
	client, err := otlpmetrichttp.New(ctx)
	if err != nil {
		return err
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(client)), sdkmetric.WithResource(about))
	t.providers = append(t.providers, provider)
	t.instruments, err = newInstruments(provider.Meter(scope))
	return err
}

// Enabled reports whether anything is exported.
func (t *Telemetry) Enabled() bool { return len(t.providers) > 0 }

// Watch observes a run. It is what [engine.Engine.Watch] takes.
func (t *Telemetry) Watch(run exporter.RunInfo) exporter.Observer { return newRunObserver(t, run) }

// Close sends what is left, for at most a few seconds. The error says that something was
// not delivered.
func (t *Telemetry) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	var ends sync.WaitGroup
	for _, one := range t.providers {
		ends.Go(func() {
			if err := one.Shutdown(ctx); err != nil {
				t.failures.Handle(err)
			}
		})
	}
	ends.Wait()
	return t.failures.err()
}

// wantedSignals reads which signals the variables ask for.
func wantedSignals(env Lookup) (wanted signals, err error) {
	value := func(name string) string {
		text, _ := env(name)
		return strings.ToLower(strings.TrimSpace(text))
	}
	if value("OTEL_SDK_DISABLED") == "true" {
		return signals{}, nil
	}
	one := func(signal string) bool {
		endpoint := value("OTEL_EXPORTER_OTLP_ENDPOINT") + value("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT")
		name := "OTEL_" + signal + "_EXPORTER"
		switch value(name) {
		case "none":
			return false
		case "otlp":
		case "":
			if endpoint == "" {
				return false
			}
		default:
			err = errors.Join(err, fmt.Errorf("%s takes otlp or none", name))
			return false
		}
		for _, name := range []string{"OTEL_EXPORTER_OTLP_" + signal + "_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
			switch value(name) {
			case "":
				continue
			case "http/protobuf", "http/json":
				return true
			}
			err = errors.Join(err, fmt.Errorf("%s takes http/protobuf or http/json: send to the collector's HTTP port, usually 4318", name))
			return false
		}
		return true
	}
	wanted = signals{traces: one("TRACES"), metrics: one("METRICS")}
	if err != nil {
		return signals{}, err
	}
	return wanted, nil
}

// parentOf is the span that started this process; the zero value is none.
func parentOf(env Lookup) trace.SpanContext {
	carrier := propagation.MapCarrier{}
	for key, name := range map[string]string{"traceparent": "TRACEPARENT", "tracestate": "TRACESTATE"} {
		if value, ok := env(name); ok {
			carrier[key] = value
		}
	}
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier))
}

// failures keeps the first failed delivery.
type failures struct {
	mu    sync.Mutex
	first error
}

// Handle implements [otel.ErrorHandler].
func (f *failures) Handle(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == nil {
		f.first = err
	}
}

func (f *failures) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == nil {
		return nil
	}
	return fmt.Errorf("traces or metrics were not delivered: %s", reason(f.first))
}
