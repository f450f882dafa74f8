package sim

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// delivery sends answers.
type delivery struct {
	gzip    bool       // for clients that accept it
	buffers *sync.Pool // of *bytes.Buffer
	zippers sync.Pool  // of *gzip.Writer
}

// send sends an answer, spoilt by fault.
func (d *delivery) send(w http.ResponseWriter, r *http.Request, answer reply, fault Fault) {
	body := answer.body
	if fault == FaultTruncated {
		body = body[:len(body)/2]
	}
	head := w.Header()
	if answer.kind != "" {
		head.Set("Content-Type", answer.kind)
	}
	if fault == FaultContentType {
		head.Set("Content-Type", kindHTML)
	}
	if d.gzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && len(body) > 0 {
		zipped, _ := d.buffers.Get().(*bytes.Buffer)
		defer d.buffers.Put(zipped)
		d.zip(zipped, body)
		body = zipped.Bytes()
		head.Set("Content-Encoding", "gzip")
		head.Set("Vary", "Accept-Encoding")
	}
	head.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(answer.status)

	// A handler that writes less than it announced makes net/http close the
	// connection: that is FaultCut.
	switch fault {
	case FaultCut, FaultReset, FaultStall:
		body = body[:len(body)/2]
	default:
	}
	if _, err := w.Write(body); err != nil {
		return // the client has gone
	}
	switch fault {
	case FaultReset:
		reset(w)
	case FaultStall:
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	default:
	}
}

// reset ends the connection with a TCP reset. A recorder has no connection; its
// answer just ends early.
func reset(w http.ResponseWriter) {
	control := http.NewResponseController(w)
	_ = control.Flush()
	conn, _, err := control.Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // close sends RST instead of FIN
	}
	_ = conn.Close()
}

func newZipper() any {
	zipper, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		return gzip.NewWriter(nil) // the level is a constant that exists
	}
	return zipper
}

func (d *delivery) zip(dst *bytes.Buffer, body []byte) {
	zipper, _ := d.zippers.Get().(*gzip.Writer)
	defer d.zippers.Put(zipper)
	dst.Reset()
	zipper.Reset(dst)
	_, _ = zipper.Write(body) // a buffer never fails
	_ = zipper.Close()
}

// wait waits for a time, or for ctx; it reports whether the time passed.
func wait(ctx context.Context, pause time.Duration) bool {
	if pause <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
