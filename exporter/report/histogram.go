package report

import "time"

// histogram counts durations between edges.
type histogram struct {
	edges  []edge
	counts []int64 // one more than edges: the last has no end
	total  int64
}

type edge struct {
	at   time.Duration
	name string
}

const day = 24 * time.Hour

func newHistogram() histogram {
	edges := []edge{{time.Hour, "1 h"}, {4 * time.Hour, "4 h"}, {day, "1 d"}, {3 * day, "3 d"}, {7 * day, "7 d"}, {30 * day, "30 d"}, {90 * day, "90 d"}}
	return histogram{edges: edges, counts: make([]int64, len(edges)+1)}
}

func (h *histogram) add(d time.Duration) {
	i := 0
	for i < len(h.edges) && d >= h.edges[i].at {
		i++
	}
	h.counts[i]++
	h.total++
}

// below counts the durations that are shorter than the edge.
func (h *histogram) below(edge int) (n int64) {
	for _, count := range h.counts[:edge+1] {
		n += count
	}
	return n
}

// name says in words what a column counts.
func (h *histogram) name(column int) string {
	switch column {
	case 0:
		return "less than " + h.edges[0].name
	case len(h.edges):
		return h.edges[column-1].name + " or more"
	}
	return h.edges[column-1].name + " to " + h.edges[column].name
}
