package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
)

// isUnreachable reports whether no connection could be made.
func isUnreachable(err error) bool {
	if operation, ok := errors.AsType[*net.OpError](err); ok && slices.Contains([]string{"dial", "proxyconnect", "socks connect"}, operation.Op) {
		return true
	}
	_, noName := errors.AsType[*net.DNSError](err)
	return noName
}

// isCertificate reports whether the other side could not prove who it is.
func isCertificate(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, wrongHost := errors.AsType[x509.HostnameError](err)
	return unknown || wrongHost
}
