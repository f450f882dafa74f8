// Package client sends GET requests to the lemlist API: each until it has a good
// response, or an error that says what to do.
//
// The key goes into one header of requests to one host and nowhere else: no redirect is
// followed, and every text that a server or the network made passes the redactor before
// it becomes an error, an event or a log line.
package client
