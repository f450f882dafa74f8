//go:build unix

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/lemexport/lemexport/plugin"
)

// newCertificate makes a certificate as a host does, and its form in PEM.
func newCertificate(t *testing.T) (certificate tls.Certificate, text string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// A plugin with TLS serves the holder of the certificate that its host has named, and a
// host can tell it from another process by the certificate in the handshake line.
func TestAPluginWithTLSServesItsHostOnly(t *testing.T) {
	t.Parallel()
	host, text := newCertificate(t)
	other, _ := newCertificate(t)
	command, handshake, stderr := serving(t, plugin.SocketDirVariable+"="+folderOf(t, 0o755), "PLUGIN_CLIENT_CERT="+text)
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	der, err := base64.RawStdEncoding.DecodeString(handshake[5])
	if err != nil || len(der) == 0 {
		t.Fatalf("the handshake is %q: %v; stderr %s", handshake, err, stderr)
	}
	its, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	withTLS := func(trusted *x509.Certificate, version uint16, certificates ...tls.Certificate) credentials.TransportCredentials {
		roots := x509.NewCertPool()
		roots.AddCert(trusted)
		return credentials.NewTLS(&tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS10, MaxVersion: version, Certificates: certificates})
	}
	another, err := x509.ParseCertificate(other.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		credentials credentials.TransportCredentials
		served      bool
	}{
		"its host":                    {withTLS(its, tls.VersionTLS13, host), true},
		"its host with TLS 1.2":       {withTLS(its, tls.VersionTLS12, host), true},
		"its host with TLS 1.1":       {withTLS(its, tls.VersionTLS11, host), false},
		"another certificate":         {withTLS(its, tls.VersionTLS13, other), false},
		"no certificate":              {withTLS(its, tls.VersionTLS13), false},
		"no TLS":                      {insecure.NewCredentials(), false},
		"a host that expects another": {withTLS(another, tls.VersionTLS13, host), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connection, err := grpc.NewClient("unix:"+handshake[3], grpc.WithTransportCredentials(test.credentials))
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			_, err = healthv1.NewHealthClient(connection).Check(t.Context(), &healthv1.HealthCheckRequest{Service: "plugin"})
			if want := map[bool]codes.Code{true: codes.OK, false: codes.Unavailable}[test.served]; status.Code(err) != want {
				t.Errorf("ended with %v, want %v", err, want)
			}
		})
	}
}
