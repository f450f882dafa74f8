package exporter

import (
	"strings"
	"time"
)

// Margin is how much a walk allows for the clocks, caches and replicas of real
// servers: docs/walk.md says what each number covers.
type Margin struct {
	// Lookback is how far below the newest time that it must reach a full walk looks
	// for rows that moved. It covers times that are this much older than the moment
	// of the activity.
	Lookback time.Duration
	// Increment is the same for a walk that goes on from an earlier one. It also
	// covers rows that became visible this late.
	Increment time.Duration
	// Settle is how long the answers of different servers or caches may lie apart:
	// the closing look comes this long after the last page of the walk.
	Settle time.Duration
}

// DefaultMargin is used where nothing else is configured.
func DefaultMargin() Margin {
	return Margin{Lookback: 5 * time.Minute, Increment: 30 * time.Minute, Settle: 3 * time.Second}
}

// ProofMargin is the margin of a walk, as its proof states it.
type ProofMargin struct {
	// LookbackSeconds and SettleSeconds are the configured margin of the walk.
	LookbackSeconds float64 `json:"lookback_seconds"`
	SettleSeconds   float64 `json:"settle_seconds"`
}

// Span is a length of time as people write it: "168h", not "168h0m0s".
func Span(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
