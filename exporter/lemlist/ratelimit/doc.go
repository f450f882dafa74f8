// Package ratelimit keeps the requests of one API key within lemlist's limit of 20 in
// any 2 s, together with the other processes of this machine that use the key. It
// imports the vocabulary of exporter only.
//
// A [Limiter] lets a request leave when its budget has a free place (see budget for the
// argument). Processes of one key keep their requests in one ledger: a short text, locked
// while a process reads it, decides and writes it back, once when a request leaves and
// once when it ends. A process that joins in the middle of a window reads the requests of
// that window there. One that is killed writes no more: its lock ends with it, and its
// requests in flight hold their places for the lease of 10 s; one that is suspended for
// longer just before it sends may exceed the limit by the requests it had begun. One that
// waits says so in the ledger, and the others leave it its share. The ledger also holds what the server
// has stated: the limit, the pause of a 429, the requests of other machines. Times are
// those of the wall clock; one in the future counts as now. A damaged ledger is as good
// as an empty one, since each process knows its own requests. Without a ledger, a process
// goes on alone and says so.
package ratelimit
