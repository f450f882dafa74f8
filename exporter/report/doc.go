// Package report makes one HTML page of an export: its proof, and what its
// columns say about channels, users, activity, replies and open work. The page
// needs no network and no script, and holds no personal data. The rows are read
// once, and only counts are kept. It imports exporter and schema only.
package report
