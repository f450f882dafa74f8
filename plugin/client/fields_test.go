package client

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/plugin/convert"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// filler gives every exported field of a value, at any depth, a value of its own
// that is not zero.
type filler struct {
	t    *testing.T
	last int64
}

func filled[V any](t *testing.T) V {
	t.Helper()
	var value V
	f := &filler{t: t}
	f.fill(reflect.ValueOf(&value).Elem())
	return value
}

func (f *filler) fill(v reflect.Value) {
	f.t.Helper()
	f.last++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(1_700_000_000+f.last, f.last*1000).UTC()))
		return
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		v.SetInt(f.last*int64(time.Second) + f.last)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("text ", f.last))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(uint64(f.last % 250))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(f.last)
	case reflect.Float64:
		v.SetFloat(float64(f.last) + 0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i))
			}
		}
	case reflect.Func, reflect.Interface: // a callback or an allocator stays here
	default:
		f.t.Fatalf("no value for %s: teach the filler", v.Type())
	}
}

// crossed sends a message through its wire form.
func crossed[M proto.Message](t *testing.T, message, into M) M {
	t.Helper()
	body, err := proto.Marshal(message)
	if err == nil {
		err = proto.Unmarshal(body, into)
	}
	if err != nil {
		t.Fatal(err)
	}
	return into
}

// unfilled names the fields of a message, at any depth, that hold nothing.
func unfilled(message protoreflect.Message) []string {
	var names []string
	fields := message.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if !message.Has(field) {
			names = append(names, string(field.FullName()))
			continue
		}
		value := message.Get(field)
		switch {
		case field.IsMap() && field.MapValue().Message() != nil:
			value.Map().Range(func(_ protoreflect.MapKey, one protoreflect.Value) bool {
				names = append(names, unfilled(one.Message())...)
				return true
			})
		case field.IsList() && field.Message() != nil:
			for j := range value.List().Len() {
				names = append(names, unfilled(value.List().Get(j).Message())...)
			}
		case !field.IsMap() && !field.IsList() && field.Message() != nil:
			names = append(names, unfilled(value.Message())...)
		}
	}
	return names
}

// crosses checks that every field of the engine's form crosses, and that every
// field of the message has one.
func crosses[V any, M proto.Message](t *testing.T, from func(V) (M, error), into M, to func(M) (V, error), options ...gocmp.Option) {
	t.Helper()
	here := filled[V](t)
	message, err := from(here)
	if err != nil {
		t.Fatal(err)
	}
	if names := unfilled(message.ProtoReflect()); len(names) > 0 {
		t.Errorf("nothing fills %v", names)
	}
	there, err := to(crossed(t, message, into))
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(here, there, options...); diff != "" {
		t.Errorf("(-here +there):\n%s", diff)
	}
}

// A field that is added to one of these and has no place in the protocol, or is
// forgotten in a conversion, fails here.
func TestEveryFieldCrosses(t *testing.T) {
	t.Run("Proof", func(t *testing.T) {
		crosses(t, func(proof exporter.Proof) (*pluginv1.Proof, error) { return convert.FromProof(&proof), nil }, new(pluginv1.Proof),
			func(message *pluginv1.Proof) (exporter.Proof, error) { return *convert.ToProof(message), nil })
	})
	t.Run("Plan", func(t *testing.T) {
		crosses(t, func(plan engine.Plan) (*pluginv1.Plan, error) {
			plan.Survey.Tables[0].Table = "inbox_conversations" // whose users have fields of their own
			return convert.FromPlan(plan)
		}, new(pluginv1.Plan), convert.ToPlan, gocmp.AllowUnexported(engine.Plan{}, engine.ExportPlan{}, exporter.TableSurvey{}))
	})
	t.Run("Result", func(t *testing.T) {
		crosses(t, convert.FromResult, new(pluginv1.ExportedFile), convert.ToResult)
	})
	t.Run("ExportedTable", func(t *testing.T) {
		proof := filled[exporter.Proof](t)
		message := &pluginv1.ExportResult{Tables: []*pluginv1.ExportedTable{{Table: "inbox_labels", Proof: convert.FromProof(&proof), Error: "no labels", Hint: "Upgrade."}}}
		got, err := toExportResult(crossed(t, message, new(pluginv1.ExportResult)))
		if err != nil || len(got.Tables) != 1 {
			t.Fatalf("%v, %v", got.Tables, err)
		}
		table := got.Tables[0]
		if table.Table != "inbox_labels" || table.Err == nil || table.Err.Error() != "no labels" || exporter.Hint(table.Err) != "Upgrade." {
			t.Errorf("%q, %v", table.Table, table.Err)
		}
		if diff := gocmp.Diff(&proof, table.Proof); diff != "" {
			t.Errorf("(-here +there):\n%s", diff)
		}
	})
	t.Run("ReadRequest", func(t *testing.T) {
		if names := unfilled(fromReadRequest(filled[ReadRequest](t)).ProtoReflect()); len(names) > 0 {
			t.Errorf("nothing fills %v", names)
		}
	})
	t.Run("ReadResult", func(t *testing.T) {
		crosses(t, func(result ReadResult) (*pluginv1.ReadResult, error) {
			return &pluginv1.ReadResult{
				Outcome: pluginv1.Outcome_OUTCOME_COMPLETE, // which becomes the error of the reading
				RunId:   result.RunID, Simulated: result.Simulated, Full: result.Full, Position: result.Position,
				Diagnostics: convert.FromDiagnostics(result.Diagnostics), Proof: convert.FromProof(result.Proof),
				Rows: result.Rows, Batches: result.Batches, Elapsed: durationpb.New(result.Elapsed),
			}, nil
		}, new(pluginv1.ReadResult), func(message *pluginv1.ReadResult) (ReadResult, error) { return toReadResult(message), nil },
			cmpopts.IgnoreFields(ReadResult{}, "Diagnostics")) // their ranges in a file stay here
	})
	t.Run("ExportRequest", func(t *testing.T) {
		request := filled[ExportRequest](t)
		if names := unfilled(fromExportRequest(request).ProtoReflect()); len(names) > 0 {
			t.Errorf("nothing fills %v", names)
		}
	})
}
