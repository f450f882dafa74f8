package cli

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/schema"
)

func summaryText(summary engine.Summary) string {
	proof := summary.Proof
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", summaryTitle(summary))
	if summary.Simulated {
		fmt.Fprintf(&out, "%s\n", yellow(bold(simulatedNotice)))
	}
	rows := proofRows(proof)
	if continues(summary) {
		rows[0][0] = "rows read"
	}
	if len(summary.Tables) > 0 {
		out.WriteString("\n" + tablesTable(summary.Tables))
		rows = nil
	}
	for _, export := range summary.Exports {
		rows = append(rows, []string{"file", export.File}, []string{"bytes", count(export.Bytes)})
		rows = append(rows, versionRows(export)...)
		rows = append(rows, lineageRows(export.Manifest)...)
	}
	for _, place := range summary.NothingNew {
		rows = append(rows, []string{"nothing new", place})
	}
	rows = append(rows, []string{"seconds", strconv.FormatFloat(summary.Seconds, 'f', 1, 64)}, []string{"complete", completeText(proof)})
	out.WriteString("\n" + table(rows) + skippedText(proof.Skipped))
	if summary.Done() > 0 && (len(summary.Tables) == 0 || summary.Done() == summary.Wanted) {
		out.WriteString(doubtsText(proof))
	}
	out.WriteString("\n" + legend(summaryTerms(summary)...))
	if len(summary.Exports) > 0 {
		out.WriteString("\nOpen it:\n")
		for _, export := range summary.Exports {
			fmt.Fprintf(&out, "  %s\n", inline(openExport(export)))
		}
	}
	return out.String()
}

// continues reports whether rows were read for files that hold others, too.
func continues(summary engine.Summary) bool {
	return len(summary.NothingNew) > 0 || slices.ContainsFunc(summary.Exports, func(export engine.Result) bool {
		return export.Manifest.Changes != nil || export.Manifest.Mode == exporter.ModeAppend
	})
}

// proofRows are the counts of a table that was read.
func proofRows(proof exporter.Proof) [][]string {
	rows := [][]string{{"rows", count(proof.Rows)}}
	if !wholeTeam(proof) {
		rows = append(rows, []string{"users", usersCount(proof)})
	}
	return append(rows, [][]string{
		{"pages", pagesCount(proof)},
		{"requests", count(proof.Requests)},
		{"retries", retriesCount(proof)},
		{"duplicates", count(proof.Duplicates)},
		{termSuperseded, count(proof.Superseded)},
	}...)
}

// wholeTeam reports whether a proof is about one list of the whole team, not of users.
func wholeTeam(proof exporter.Proof) bool {
	return len(proof.Partitions) == 1 && proof.Partitions[0].Partition == ""
}

// tablesTable has the counts of several tables, one a line.
func tablesTable(tables []engine.TableSummary) string {
	rows := [][]string{{"table", "rows", "pages", "requests", "retries", "duplicates", termSuperseded, "complete"}}
	for _, one := range tables {
		proof := one.Proof
		rows = append(rows, []string{
			one.Table, count(proof.Rows), pagesCount(proof), count(proof.Requests), retriesCount(proof),
			count(proof.Duplicates), count(proof.Superseded), completeText(proof),
		})
	}
	return table(rows, 1, 2, 3, 4, 5, 6)
}

// summaryTerms are the words of a summary that need an explanation.
func summaryTerms(summary engine.Summary) []string {
	terms := []string{termSuperseded}
	if slices.ContainsFunc(summary.Exports, func(export engine.Result) bool { return export.Manifest.FullProof != nil }) {
		terms = append(terms, termFullProof)
	}
	methods := []string{summary.Proof.Method}
	for _, one := range summary.Tables {
		if !slices.Contains(methods, one.Proof.Method) && !strings.Contains(summary.Proof.Method, one.Proof.Method) {
			methods = append(methods, one.Proof.Method)
		}
	}
	return append(terms, methods...)
}

func deliveredText(summary engine.ReadSummary) string {
	title := green(bold("Read, and proven complete."))
	switch skipped := len(summary.Proof.Skipped); {
	case !summary.Proof.Complete:
		title = red(bold("Nothing was delivered."))
	case skipped > 0:
		title = yellow(bold("Read, and proven complete for the users whose inbox the API returns; " + many(int64(skipped), "user") + " skipped."))
	case !summary.Full:
		title = green(bold("Read what is newer than the position, and proven complete."))
	}
	if summary.Simulated {
		title += "\n" + yellow(bold(simulatedNotice))
	}
	rows := append(proofRows(*summary.Proof),
		[]string{"seconds", strconv.FormatFloat(summary.Elapsed.Seconds(), 'f', 1, 64)}, []string{"complete", completeText(*summary.Proof)})
	if summary.Proof.Complete {
		rows = append(rows, []string{"full", fullText(summary.Full)})
	}
	return title + "\n\n" + table(rows) + skippedText(summary.Proof.Skipped) + "\n" + legend(termSuperseded, summary.Proof.Method)
}

// fullText says whether a reading shows every row.
func fullText(full bool) string {
	if full {
		return "yes, everything was read"
	}
	return "no, only what is newer than the position"
}

// doubtsText lists why an export is not proven complete.
func doubtsText(proof exporter.Proof) string {
	if proof.Complete {
		return ""
	}
	return "\nNot proven complete, because\n" + bullets(proof.Reasons)
}

func summaryTitle(summary engine.Summary) string {
	switch {
	case summary.Done() == 0:
		return red(bold("Nothing was written."))
	case summary.Done() < summary.Wanted:
		return red(bold(partlyText(summary) + "."))
	case len(summary.Exports) == 0 && summary.Proof.Complete && len(summary.Proof.Skipped) == 0:
		return green(bold("Nothing is new, and this is proven: no file was written."))
	case len(summary.Exports) == 0:
		return yellow(bold("Nothing is new, as far as can be proven: no file was written."))
	case !summary.Proof.Complete:
		return yellow(bold("Exported, but not proven complete."))
	}
	if skipped := len(summary.Proof.Skipped); skipped > 0 {
		return yellow(bold("Exported, and proven complete for the users whose inbox the API returns; " + many(int64(skipped), "user") + " skipped."))
	}
	return green(bold("Exported, and proven complete."))
}

// lineageRows say what a merge or an append did with the earlier files.
func lineageRows(manifest exporter.Manifest) [][]string {
	var rows [][]string
	if changes := manifest.Changes; changes != nil {
		rows = append(rows, []string{"rows in it", fmt.Sprintf("%s (%s new, %s updated, %s unchanged, %s not read; %s removed)", count(manifest.Rows),
			count(changes.Added), count(changes.Updated), count(changes.Refreshed), count(changes.Kept), count(changes.Removed))})
	} else if manifest.Mode == exporter.ModeAppend {
		rows = append(rows, []string{"rows added", count(manifest.Rows)})
	}
	if full := manifest.FullProof; full != nil {
		text := "this run"
		if full.RunID != manifest.RunID {
			text = stamp(full.FinishedAt) + " (run " + full.RunID + ")"
		}
		rows = append(rows, []string{"full proof", text})
	}
	return rows
}

// versionRows say what names a version, and which files went after its commit.
func versionRows(export engine.Result) [][]string {
	var rows [][]string
	if export.Pointer != "" {
		rows = append(rows, []string{"pointer", export.Pointer})
	}
	if removed := len(export.Removed); removed > 0 {
		rows = append(rows, []string{"removed", many(int64(removed), "old file")})
	}
	if export.NotRemoved != "" {
		rows = append(rows, []string{yellow("not removed"), export.NotRemoved})
	}
	return rows
}

// openExport is a shell command that counts the rows of an export. The files of an append
// hold versions of rows; the command counts each row once.
func openExport(export engine.Result) string {
	table, known := schema.Lookup(export.Manifest.Table)
	if export.Manifest.Mode != exporter.ModeAppend || !known {
		return openLine(export.File)
	}
	folder, key := path.Dir(export.File), table.NameOf(schema.RoleKey)
	if path.Ext(export.File) == ".arrow" {
		return pythonLine(`print(len(d.dataset(sys.argv[1], format="ipc").to_table(columns=["`+key+`"])["`+key+`"].unique()))`, folder)
	}
	return duckdbLine("SELECT count(DISTINCT "+key+") FROM ", folder+"/*.parquet")
}

// partlyText says how many exports were written before an error, or in spite of it.
func partlyText(summary engine.Summary) string {
	text := fmt.Sprintf("%d of %d exports written", summary.Done(), summary.Wanted)
	if len(summary.Tables) == 0 {
		text += ", then an error"
	}
	return text
}

func usersCount(proof exporter.Proof) string {
	text := count(int64(len(proof.Partitions)))
	if len(proof.Skipped) > 0 {
		text += fmt.Sprintf(" (%d skipped)", len(proof.Skipped))
	}
	return text
}

func pagesCount(proof exporter.Proof) string {
	text := count(pages(proof))
	if proof.Resumed > 0 {
		text += fmt.Sprintf(" (%s of them read by an earlier apply)", count(proof.Resumed))
	}
	return text
}

func pages(proof exporter.Proof) (total int64) {
	for _, user := range proof.Partitions {
		total = exporter.Sum(total, user.Pages)
	}
	return total
}

func retriesCount(proof exporter.Proof) string {
	text := count(proof.Retries)
	if proof.Throttled > 0 {
		text += fmt.Sprintf(" (throttled %s)", times(proof.Throttled))
	}
	return text
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return count(n) + " times"
}

func completeText(proof exporter.Proof) string {
	if proof.Complete {
		return green("yes") + ", by " + proof.Method
	}
	return red("no")
}

// openLine is a shell command that counts the rows of a file. DuckDB itself cannot read
// Arrow files, but pyarrow can.
func openLine(file string) string {
	if !strings.HasSuffix(file, ".arrow") {
		return duckdbLine("SELECT count(*) FROM ", file)
	}
	return pythonLine(`print(d.dataset(sys.argv[1], format="ipc").count_rows())`, file)
}

// pythonLine is the shell command that runs code with a file as its argument.
func pythonLine(code, file string) string {
	return "python3 -c 'import sys, pyarrow.dataset as d; " + code + "' '" + strings.ReplaceAll(file, "'", `'\''`) + "'"
}

// duckdbLine is the shell command of a query about a file.
func duckdbLine(query, file string) string {
	query += "'" + strings.ReplaceAll(file, "'", "''") + "'"
	if !strings.ContainsAny(query, "\"$`\\!") {
		return `duckdb -c "` + query + `"`
	}
	return "duckdb -c '" + strings.ReplaceAll(query, "'", `'\''`) + "'"
}
