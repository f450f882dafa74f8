package main

import (
	"fmt"
	"math"
	"strconv"

	"github.com/lemexport/lemexport/bench/process"
)

// String prints what every step took, and beside the figures of the largest inbox by which
// power of the number of conversations each has grown since the next smaller one.
func (g growth) String(runs int) string {
	var figures, exponents table
	figures.row("", "users", "conversations", "CPU s", "wall s", "peak MiB", "disk MiB", "file MiB")
	exponents.row("", "users", "CPU", "wall", "peak", "disk", "file")
	for _, users := range growthTeams() {
		for _, name := range []string{"apply", writing, "verify", "report", "merge"} {
			took, sizes := g.took[step{name, users}], g.sizesOf(step{name, users})
			for _, size := range sizes {
				figures.row(growthCells(name, users, size, took[size])...)
			}
			if last := len(sizes) - 1; last > 0 {
				before, after := took[sizes[last-1]], took[sizes[last]]
				exponents.row(name, strconv.Itoa(users), exponent(before.CPU, after.CPU), exponent(before.Wall, after.Wall),
					exponent(before.Peak, after.Peak), exponent(before.Disk, after.Disk), exponent(before.Size, after.Size))
			}
		}
	}
	text := fmt.Sprintf("Without a rate limit, medians of %d.\n\n%s", runs, figures)
	if len(g.sizes) > 1 {
		text += "\nThe exponents from the last inbox but one to the last: 1 is ten times as much for ten times as many.\n\n" + exponents.String()
	}
	return text
}

func growthCells(name string, users, size int, took process.Usage) []string {
	cells := []string{name, strconv.Itoa(users), count(size), seconds(took.CPU)}
	if name == writing {
		return append(cells, "", "", "", "")
	}
	return append(cells, seconds(took.Wall), mebibytes(took.Peak), orNothing(took.Disk), orNothing(took.Size))
}

// orNothing leaves the cell of what a step does not have empty.
func orNothing(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return mebibytesOfFile(bytes)
}

// exponent is the power of a tenfold growth.
func exponent[T ~int64](before, after T) string {
	if before <= 0 || after <= 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", math.Log10(float64(after)/float64(before)))
}
