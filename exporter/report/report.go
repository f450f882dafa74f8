package report

import (
	"context"
	"io"
	"iter"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// Export is what a page is made of: a committed file, opened.
type Export struct {
	// Pattern is the name of the file, seen from the folder around it, or a glob for the
	// files of an append: inbox_conversations/*.parquet. Files is how many there are,
	// Bytes their size.
	Pattern string
	Files   int
	Bytes   int64
	// Manifest is the file's, Table has the file's columns.
	Manifest exporter.Manifest
	Table    *schema.Table
	// Records are the rows. They are read once, a record is not kept.
	Records iter.Seq2[arrow.Record, error]
	// Names are the names of users by their ids, as [ReadNames] reads them; nil when they
	// are not known. They are shown with Options.Personal only.
	Names map[string]string
	// NamesError says why the names cannot be read; nil when they can, or when there is
	// no export of the users.
	NamesError error
}

// Options are what a reader can choose.
type Options struct {
	// Personal shows the names of users, or their ids where no name is known, instead of
	// numbers.
	Personal bool
}

// Write reads the rows and writes the page. The same export gives the same
// bytes. Nothing is written before all rows are read; the error of a file whose
// rows are not what its manifest says has a hint.
func Write(ctx context.Context, to io.Writer, export Export, options Options) error {
	facts, err := collect(ctx, export.Table, export.Manifest, export.Records)
	if err != nil {
		return err
	}
	text, err := render(newPage(export, facts, options))
	if err != nil {
		return err
	}
	_, err = io.WriteString(to, text)
	return err
}

func render(p page) (string, error) {
	var text strings.Builder
	if err := document(p).Render(&text); err != nil {
		return "", err
	}
	return visible(text.String()), nil
}

// visible shows the characters of a page that would act on what stands around them,
// or that a font could make anything of. The page itself has none.
func visible(page string) string {
	odd := func(char rune) bool {
		return char != '\n' && char != '\t' && (exporter.Acts(char) || exporter.Private(char))
	}
	if !strings.ContainsFunc(page, odd) {
		return page
	}
	var out strings.Builder
	for _, char := range page {
		if odd(char) {
			out.WriteString(exporter.Visible(char))
		} else {
			out.WriteRune(char)
		}
	}
	return out.String()
}
