// Package browsertest holds tests only: a real Chromium shows the pages we
// write. It is a module of its own, so that the product stays free of the
// browser's protocol. It wants the program chromium, and fails without.
package browsertest
