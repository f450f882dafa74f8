package report

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

// harmless is in no text of the page itself.
const harmless = "xyzzy"

// Any text, in any field that a page shows, is a text or the value of an attribute and
// nothing else: the page has the elements and attributes that it has with a harmless text,
// and shows the text as it is.
func TestAnyTextIsInert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := hostileText().Draw(t, "text")
		tame, wild := new(page), new(page)
		fill(t, reflect.ValueOf(tame).Elem(), reflect.ValueOf(wild).Elem(), text)
		shown := visible(strings.ReplaceAll(text, "\x00", "\ufffd")) // HTML has no NUL
		want := tree(t, *tame, func(found string) string { return strings.ReplaceAll(found, harmless, shown) })
		if diff := cmp.Diff(want, tree(t, *wild, func(found string) string { return found })); diff != "" {
			t.Fatalf("the text %q changes the page (-harmless +this):\n%s", text, diff)
		}
	})
}

// hostileText draws texts of the pieces that get out of a context, and any others.
func hostileText() *rapid.Generator[string] {
	pieces := []string{
		`"`, `'`, "`", "<", ">", "&", "/", "=", " ", "\n", "\t", "\r", "\x00", "-->", "<!--", "]]>", "<![CDATA[", "{{.}}", "&lt;", "&#34;", "&quot", "%",
		"<script>alert(1)</script>", `" onload="alert(1)`, "' autofocus onfocus='x", "</style>", "</title>", "</svg>", "</pre>", "</code>", "</td></table>",
		"<img src=x onerror=x>", "javascript:alert(1)", "url(javascript:x)", "<a href=javascript:x>", "<foreignObject>", "<plaintext>", "<base href=//x>",
		"\u202e", "\u2066", "\u200f", "\ufeff", "\u2028", "\ue000", "\ufffd", "\xff", "é", "漢", "😀",
	}
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(pieces), rapid.String()), 1, 6).Draw(t, "parts")
		return "a" + strings.Join(parts, "") // an empty text may leave its element out
	})
}

// fill sets every field of two values alike, but texts to harmless in one and to text in
// the other.
func fill(t *rapid.T, tame, wild reflect.Value, text string) {
	switch tame.Kind() {
	case reflect.String:
		if rapid.Bool().Draw(t, "given") {
			tame.SetString(harmless)
			wild.SetString(text)
		}
	case reflect.Bool:
		chosen := rapid.Bool().Draw(t, "chosen")
		tame.SetBool(chosen)
		wild.SetBool(chosen)
	case reflect.Int, reflect.Int64:
		n := rapid.Int64Range(0, 3).Draw(t, "number")
		tame.SetInt(n)
		wild.SetInt(n)
	case reflect.Slice:
		n := rapid.IntRange(0, 2).Draw(t, "length")
		for _, one := range []reflect.Value{tame, wild} {
			one.Set(reflect.MakeSlice(one.Type(), n, n))
		}
		for i := range n {
			fill(t, tame.Index(i), wild.Index(i), text)
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "present") {
			tame.Set(reflect.New(tame.Type().Elem()))
			wild.Set(reflect.New(wild.Type().Elem()))
			fill(t, tame.Elem(), wild.Elem(), text)
		}
	case reflect.Struct:
		for i := range tame.NumField() {
			if field := tame.Type().Field(i); field.IsExported() || field.Anonymous { // the document reads no others
				fill(t, tame.Field(i), wild.Field(i), text)
			}
		}
	default:
		t.Fatalf("a page with a field of %s", tame.Type())
	}
}

// tree is a line for each element with its attributes, and for each text, as a browser
// reads them.
func tree(t *rapid.T, p page, as func(found string) string) []string {
	text, err := render(p)
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for node := range root.Descendants() {
		depth := len(slices.Collect(node.Ancestors()))
		switch node.Type {
		case html.ElementNode:
			found = append(found, fmt.Sprintf("%d <%s>", depth, node.Data))
			for _, attr := range node.Attr {
				found = append(found, fmt.Sprintf("%d %s=%q", depth, attr.Key, as(attr.Val)))
			}
		case html.TextNode:
			found = append(found, fmt.Sprintf("%d %q", depth, as(node.Data)))
		default:
			found = append(found, fmt.Sprintf("%d node of type %d: %q", depth, node.Type, node.Data))
		}
	}
	return found
}
