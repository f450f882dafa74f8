package engine

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// shrinkWarning says that an export would lose too many rows: the API states at most rows.
func shrinkWarning(export ExportPlan, rows int64) exporter.Diagnostic {
	return exporter.Diagnostic{
		Severity: exporter.SeverityWarning,
		Summary:  cmp.Or(export.CurrentFile, export.File) + " would lose more than max_shrink allows",
		Detail: fmt.Sprintf("It has %d rows, and the API states at most %d. Apply ends with exit status 3 and leaves the file as it is when it reads "+
			"fewer than %d rows (max_shrink = %g). Check the team of the API key and its users. If the rows are really gone, run apply with -allow-shrink.",
			export.Current.Rows, rows, export.Shrink.LeastRows, export.Shrink.Max),
	}
}

// openFiles warns of files that other users of the machine can read. Whether the folders
// around them let those in is not looked at.
func openFiles(exports []ExportPlan) exporter.Diagnostics {
	var files []string
	for _, export := range exports {
		if export.OpenToAll != "" {
			files = append(files, export.File+" ("+export.OpenToAll+")")
		}
	}
	if len(files) == 0 {
		return nil
	}
	return exporter.Diagnostics{{
		Severity: exporter.SeverityWarning,
		Summary:  "Every user of this machine who can enter its folder can read " + countOf(int64(len(files)), "file"),
		Detail: fmt.Sprintf(`A file keeps its permission when it is replaced: %s. Set file_mode = "0600" in the export to make it private, `+
			`or file_mode = "0644" to keep it open without this warning.`, strings.Join(files, ", ")),
	}}
}

// rowsAtMost is the number of rows of a table that the survey states.
func rowsAtMost(p Plan, table string) int64 {
	if found, ok := schema.Lookup(table); ok && found.PartitionBy == schema.PartitionUser && p.Conversations != nil {
		return *p.Conversations
	}
	return valueOr(p.estimate(table).Rows, 0)
}

// unreadableRows warns of rows whose version could not be read.
func unreadableRows(survey exporter.Survey) exporter.Diagnostics {
	var rows, users int64
	var example exporter.PartitionSurvey
	for _, user := range survey.AllPartitions() {
		if user.Unreadable == 0 {
			continue
		}
		if rows == 0 {
			example = user
		}
		rows += user.Unreadable
		users++
	}
	if rows == 0 {
		return nil
	}
	version, _, _ := schema.Default().ByRole(schema.RoleVersion)
	key := version.Key
	return exporter.Diagnostics{{
		Severity: exporter.SeverityWarning,
		Summary:  key + " cannot be read",
		Detail: fmt.Sprintf("On the first pages, %s of %s have a value that is not a time. One of %s looks like this, with a for every letter and 9 for every digit: %s. "+
			"The API sorts by it, so the export cannot be proven complete: apply ends with exit status 3 and leaves the files as they are. "+
			"With -allow-incomplete it writes the rows, with null in this column and the value in extra.",
			countOf(rows, "row"), countOf(users, "user"), example.Partition, example.UnreadableForm),
	}}
}

func countOf(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
