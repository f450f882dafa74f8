package cli

import (
	"strings"
	"testing"
)

// Every command that help lists has a page with all that its help says.
func TestEveryCommandHasAManualPage(t *testing.T) {
	pages := ManPages("1.2.3", []string{"503-html"})
	root := pages["lemexport.1"]
	for _, name := range []string{"apply", "plan", "verify", "schema", "completion"} {
		page := pages["lemexport-"+name+".1"]
		if !strings.Contains(page, `.TH "LEMEXPORT-`+strings.ToUpper(name)+`" 1 "" "lemexport 1.2.3"`) {
			t.Errorf("the page of %s begins %.60q", name, page)
		}
		if !strings.Contains(root, `.BR lemexport\-`+name+" (1)") {
			t.Errorf("the page of lemexport does not name %s", name)
		}
	}
	for page, want := range map[string]string{
		"lemexport-apply.1": ".TP\n.B \\-auto\\-approve\n", "lemexport-plan.1": ".B lemexport plan [PATH] [flags]\n",
		"lemexport-sim.1": "503\\-html",
		"lemexport.1":     ".SH EXAMPLES\n.nf\n  lemexport init \\-simulate\n",
	} {
		if !strings.Contains(pages[page], want) {
			t.Errorf("%s lacks %q:\n%s", page, want, pages[page])
		}
	}
	for name, page := range pages {
		for line := range strings.Lines(page) {
			if request, _, _ := strings.Cut(line, " "); strings.HasPrefix(line, ".") && !strings.Contains(" .TH .SH .B .BR .TP .PP .nf .fi ", " "+strings.TrimSpace(request)+" ") {
				t.Errorf("%s: %q is a request", name, line)
			}
		}
	}
}

func TestTextThatLooksLikeARequestIsEscaped(t *testing.T) {
	for text, want := range map[string]string{
		".env is read": `\&.env is read`, "'a'": `\&'a'`, `C:\x -out`: `C:\ex \-out`,
	} {
		if got := roff(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
