package config

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"runtime"
	"strings"
	"unicode"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/nearest"
)

// destinationChecker checks where an export is written to.
type destinationChecker exportChecker

// check reads a folder: a path, a file URL or an object store's URL. It is
// kept as written.
func (c destinationChecker) check(a *attribute) string {
	value, ok := c.text(a, required)
	if !ok {
		return ""
	}
	bad := func(summary, detail string) string {
		c.report.fail(a.at, a.address, summary, detail)
		return ""
	}
	switch {
	case strings.ContainsAny(strings.TrimSpace(value), "\a\b\f\n\r\t\v") && a.at.file != nil && len(a.origins()) == 0:
		return bad("Invalid destination", "The destination contains a control character, for instance a line break or a tab. "+backslashHint)
	case strings.ContainsFunc(strings.TrimSpace(value), unicode.IsControl):
		return bad("Invalid destination", "The destination contains a control character. Remove it.")
	case strings.TrimSpace(value) != value:
		return bad("Invalid destination", "The destination begins or ends with white space. Remove it.")
	case strings.HasPrefix(value, "~"):
		return bad("Home folder in the destination", "~ is not expanded here. Write the whole path, or use env(\"HOME\"): \"${env(\"HOME\")}/out\". For a folder named ~, write \"./~\".")
	}
	scheme, whole := exporter.LocationScheme(value)
	switch {
	case scheme == "" && exporter.PathHoldsSecret(value):
		c.report.hide(a.at)
		return bad(exporter.SecretLocation())
	case scheme != "" && !whole:
		if len(a.origins()) > 0 {
			scheme = "" // it may be a part of a secret
		}
		if strings.ContainsAny(value, "?@#") {
			c.report.hide(a.at)
		}
		return bad("Destination lacks a slash", exporter.SlashesHint(scheme))
	case scheme != "":
		if summary, detail := c.schemeProblem(a, value, scheme); summary != "" {
			return bad(summary, detail)
		}
	}
	if runtime.GOOS != "windows" && ofWindows(value) {
		c.report.warn(a.at, a.address, "Path of Windows",
			`On this system a backslash is a part of a name, so that this is one folder in the working folder. Write a path of this system, for instance "./out" or "/data/lake".`)
	}
	if strings.HasSuffix(value, ".parquet") {
		c.report.warn(a.at, a.address, "Destination looks like a file",
			"destination names a folder; the file in it is named after the table. Remove the file name, unless the folder has this name.")
	}
	return value
}

// ofWindows reports whether a path begins with a drive or a server, and has backslashes.
func ofWindows(path string) bool {
	drive, rest, _ := strings.Cut(path, ":")
	return strings.HasPrefix(path, `\\`) || len(drive) == 1 && strings.HasPrefix(rest, `\`)
}

// schemeProblem says what is wrong with a destination URL, or "".
func (c destinationChecker) schemeProblem(a *attribute, value, scheme string) (summary, detail string) {
	const (
		local = "Write a path, for instance ./out, or a URL like file:///data/lake."
		forms = "Write a path, for instance ./out, or a URL: file:///data/lake, s3://bucket/folder, gs://bucket/folder, azblob://container/folder."
	)
	one, known := find(schemes(), scheme)
	switch {
	case len(scheme) == 1:
		return "Invalid destination", "One slash follows the letter of a drive, as in C:/lake. " + forms
	case !known:
		near := ""
		if len(a.origins()) == 0 {
			near = didYouMean(scheme, availableNames(schemes()))
		}
		return "Unknown kind of destination", forms + near
	case !one.available:
		return fmt.Sprintf("Destination %s:// is not available in this version", scheme), forms
	case exporter.ObjectParams(scheme) != nil:
		return c.objectProblem(a, value)
	}
	u, err := url.Parse(value)
	switch {
	case err != nil:
		return "Invalid destination", "Invalid file URL: a % must be followed by two hexadecimal digits. " + local
	case u.Host != "" && !strings.EqualFold(u.Host, "localhost"), u.User != nil:
		return "Invalid destination", "A file URL has no host: write three slashes before the path. " + local
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "Invalid destination", "A file URL must not contain ? or #. If the folder's name contains one, write %3F or %23. " + local
	case u.Path == "":
		return "Invalid destination", "The URL has no path. " + local
	}
	return "", ""
}

// objectProblem says what is wrong with an object store's URL, or "".
func (c destinationChecker) objectProblem(a *attribute, value string) (summary, detail string) {
	at, err := exporter.ParseObjectURL(value)
	if err == nil {
		err = at.CheckServer(c.env)
	}
	wrong, ok := errors.AsType[*exporter.ObjectURLError](err)
	if !ok {
		for _, one := range at.Warnings() {
			c.report.warn(a.at, a.address, one.Summary, one.Detail)
		}
		return "", ""
	}
	switch {
	case wrong.Param == "":
		if strings.ContainsAny(value, "?@#") {
			c.report.hide(a.at) // what is wrong there may be a secret
		}
		return wrong.Summary, wrong.Detail
	case len(a.origins()) > 0 || a.perTeam:
		return wrong.Summary, wrong.Detail
	}
	near := nearest.Name(wrong.Param, wrong.Known)
	if near == "" {
		return wrong.Summary, wrong.Detail // its name may be a secret
	}
	return fmt.Sprintf("Unknown setting %q in the destination", wrong.Param), wrong.Detail + didYouMean(wrong.Param, wrong.Known)
}

// cleanDestination returns the same text for every spelling of one folder.
func cleanDestination(value string) string {
	if at, err := exporter.ParseObjectURL(value); err == nil {
		// Two servers, or two accounts, can have buckets of the same name.
		return strings.Join([]string{at.String(), strings.TrimRight(at.Params["endpoint"], "/"), at.Params["domain"], at.Params["storage_account"]}, " ")
	}
	if scheme, whole := exporter.LocationScheme(value); whole && scheme == "file" {
		if u, err := url.Parse(value); err == nil {
			return path.Clean(u.Path)
		}
	}
	return path.Clean(strings.ReplaceAll(value, `\`, "/"))
}
