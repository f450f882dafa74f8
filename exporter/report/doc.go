// Package report writes one HTML page about an export: its proof, and counts of
// channels, users, activity, replies and open work. The page needs no network and no
// script, and holds no personal data unless it is asked for. The rows are read once,
// and only counts are kept. It imports exporter and schema only.
package report
