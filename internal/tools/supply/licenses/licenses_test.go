package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const mit = "MIT License\n\nPermission is hereby granted, free of charge, to any person.\n"

// module lays out a module with a linked folder deep in it.
func module(t *testing.T, files map[string]string) part {
	t.Helper()
	root := t.TempDir()
	for name, body := range files {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return part{filepath.Join(root, "a", "b"), "example.com/m", root}
}

func TestEveryLegalFileAboveLinkedCodeGoesAlong(t *testing.T) {
	texts, err := collect([]part{module(t, map[string]string{
		"LICENSE": mit, "NOTICE.txt": "Made by M\r\n", "a/COPYING": "taken from N", "a/b/code.go": "package b", "a/b/license.go": "package b",
		"other/LICENSE": "of what is not linked", "PATENTS": "a grant",
	})})
	if err != nil {
		t.Fatal(err)
	}
	all, note := string(licenses(texts)), string(notices(texts))
	for _, want := range []string{"example.com/m\n", mit, "example.com/m/a\n", "taken from N\n", "a grant\n"} {
		if !strings.Contains(all, want) {
			t.Errorf("THIRD_PARTY_LICENSES lacks %q:\n%s", want, all)
		}
	}
	if strings.Contains(all, "not linked") || strings.Contains(all, "Made by M") || strings.Contains(all, "package b") {
		t.Errorf("THIRD_PARTY_LICENSES says too much:\n%s", all)
	}
	if !strings.Contains(note, "example.com/m\n") || !strings.Contains(note, "\nMade by M\n") {
		t.Errorf("NOTICE is\n%s", note)
	}
}

func TestAModuleWithoutLicenceIsRefused(t *testing.T) {
	_, err := collect([]part{module(t, map[string]string{"a/LICENSE": mit, "a/b/code.go": "package b"})})
	if err == nil || !strings.Contains(err.Error(), "example.com/m has no licence") {
		t.Errorf("collect gave %v", err)
	}
}

func TestOnlyReviewedAndAllowedLicencesPass(t *testing.T) {
	one := &text{owners: []string{"example.com/m"}, body: mit}
	for name, c := range map[string]struct{ reviewed, want string }{
		"reviewed and allowed":   {fingerprint(mit) + " MIT # here", ""},
		"both allowed":           {fingerprint(mit) + " MIT AND Apache-2.0", ""},
		"not reviewed":           {"", "unknown licence text"},
		"another was reviewed":   {fingerprint(mit+"but not for evil") + " MIT", "unknown licence text"},
		"reviewed, not allowed":  {fingerprint(mit) + " GPL-3.0-only", "GPL-3.0-only is not allowed"},
		"one of two not allowed": {fingerprint(mit) + " MIT AND JSON", "JSON is not allowed"},
	} {
		err := check([]*text{one, {owners: one.owners, notice: true, body: "a notice is no licence"}}, c.reviewed)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "example.com/m")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFingerprintLeavesOutWhoAndLayoutOnly(t *testing.T) {
	same := []string{mit, "Copyright (c) 2017 Ann\nAll rights reserved.\n" + mit, strings.ToUpper(strings.ReplaceAll(mit, " ", "\n  "))}
	for _, body := range same {
		if fingerprint(body) != fingerprint(mit) {
			t.Errorf("%q has another fingerprint", body)
		}
	}
	if fingerprint(mit+"Copyright notices must be shown on every screen") == fingerprint(mit) {
		t.Error("a condition was taken for a copyright line")
	}
}
