package monitor

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"syscall"
)

// reason says why a request failed without a word of its URL, which may hold a token.
func reason(err error) string {
	var (
		lookup      *net.DNSError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
		number      syscall.Errno
	)
	switch {
	case errors.As(err, &lookup):
		return "the name of the host cannot be resolved"
	case errors.As(err, &certificate):
		return "the certificate of the server is not trusted"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "the server did not respond in time"
	case errors.As(err, &number):
		return number.Error()
	}
	return "the server refused it, or the connection broke"
}
