package cli

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", -999: "-999"} {
		if got := count(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	for want, got := range map[string]string{"0 rows": many(0, "row"), "1 row": many(1, "row"), "2,000 rows": many(2000, "row"), "2 queries": many(2, "query")} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0 s", 1342 * time.Millisecond: "1.34 s", 1860 * time.Millisecond: "1.86 s", 2 * time.Second: "2 s", 9999 * time.Millisecond: "10 s", 59*time.Second + 900*time.Millisecond: "59 s",
		125 * time.Second: "2 min 5 s", 2*time.Hour + 3*time.Minute: "2 h 3 min",
	} {
		if got := span(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestWrapKeepsWordsAndWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.StringMatching(`[a-zé日]{1,12}`)).Draw(t, "words"), " ")
		width := rapid.IntRange(1, 60).Draw(t, "width")
		wrapped := wrap(text, width)
		if strings.Join(strings.Fields(wrapped), " ") != text {
			t.Fatalf("words changed: %q to %q", text, wrapped)
		}
		for line := range strings.SplitSeq(wrapped, "\n") {
			if columns(line) > width && strings.Contains(line, " ") {
				t.Fatalf("%q is wider than %d", line, width)
			}
		}
	})
}

func TestTableAlignsByColumnsNotBytes(t *testing.T) {
	got := render(table([][]string{{"a", "1", "x"}, {"日本", "1,000", ""}, {green("ok"), "22", "a\nb"}}, 1), false)
	want := "  a         1  x\n  日本  1,000\n  ok       22  a\\nb\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTheDuckDBLineSurvivesShellAndSQL(t *testing.T) {
	for file, want := range map[string]string{
		"out/a.parquet":        `duckdb -c "SELECT count(*) FROM 'out/a.parquet'"`,
		"it's/a.parquet":       `duckdb -c "SELECT count(*) FROM 'it''s/a.parquet'"`,
		"$HOME/a.parquet":      `duckdb -c 'SELECT count(*) FROM '\''$HOME/a.parquet'\'''`,
		"a`id`/it's/a.parquet": `duckdb -c 'SELECT count(*) FROM '\''a` + "`id`" + `/it'\'''\''s/a.parquet'\'''`,
	} {
		if got := duckdbLine("SELECT count(*) FROM ", file); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", file, got, want)
		}
	}
}
