package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lemexport/lemexport/bench/process"
)

// table is printed as Markdown, aligned for a terminal.
type table [][]string

func (t *table) row(cells ...string) { *t = append(*t, cells) }

func (t table) String() string {
	widths := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	for i, row := range t {
		for column, cell := range row {
			pad := strings.Repeat(" ", widths[column]-utf8.RuneCountInString(cell))
			if column == 0 {
				fmt.Fprintf(&out, "| %s%s |", cell, pad)
				continue
			}
			fmt.Fprintf(&out, " %s%s |", pad, cell)
		}
		out.WriteString("\n")
		if i > 0 {
			continue
		}
		for column, width := range widths {
			if column == 0 {
				out.WriteString("|" + strings.Repeat("-", width+2) + "|")
				continue
			}
			out.WriteString(strings.Repeat("-", width+1) + ":|")
		}
		out.WriteString("\n")
	}
	return out.String()
}

// count writes a number as people do: 1,000,000.
func count(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }

func mebibytes(bytes int64) string { return strconv.FormatInt((bytes+1<<19)>>20, 10) }

// mebibytesOfFile has a digit more: files are smaller than processes.
func mebibytesOfFile(bytes int64) string { return fmt.Sprintf("%.2f", float64(bytes)/(1<<20)) }

// median is the middle of the runs' values.
func median[T int64 | float64 | time.Duration](runs []process.Usage, value func(process.Usage) T) T {
	values := make([]T, 0, len(runs))
	for _, run := range runs {
		values = append(values, value(run))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// medianOf takes every figure's median by itself.
func medianOf(runs []process.Usage) process.Usage {
	return process.Usage{
		CPU:  median(runs, func(u process.Usage) time.Duration { return u.CPU }),
		Part: median(runs, func(u process.Usage) time.Duration { return u.Part }),
		Wall: median(runs, func(u process.Usage) time.Duration { return u.Wall }),
		Peak: median(runs, func(u process.Usage) int64 { return u.Peak }),
		Size: median(runs, func(u process.Usage) int64 { return u.Size }),
		Disk: median(runs, func(u process.Usage) int64 { return u.Disk }),
	}
}
