package bucket

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Secrets of the environment are not shown, whoever repeats them.
func TestSecretsOfTheEnvironmentAreNotShown(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_SECRET_ACCESS_KEY": "hunter2-hunter3", "AZURE_STORAGE_KEY": "aHVudGVyMi1odW50ZXIz", "AZURE_CLIENT_SECRET": "hunter2-hunter3",
		"AZURE_STORAGE_CONNECTION_STRING": "AccountName=a;AccountKey=hunter2-hunter3;EndpointSuffix=x", "HTTPS_PROXY": "http://me:hunter2-hunter3@proxy:1", "http_proxy": "me:hunter2-hunter3@proxy :1",
	} {
		held := &secrets{fixed: environmentSecrets(func(asked string) string { return map[string]string{name: value}[asked] })}
		if got := held.redact("invalid address: " + value + "!"); strings.Contains(got, "hunter") || !strings.Contains(got, "(sensitive)") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A local name that leads to another machine gets nothing over http.
func TestALocalNameThatLeadsElsewhereIsRefused(t *testing.T) {
	for address, refused := range map[string]bool{"127.0.0.1:80": false, "[::1]:80": false, "10.9.8.7:80": true, "[::ffff:10.9.8.7]:80": true, "[fe80::1%eth0]:80": true} {
		if err := onlyLoopback("tcp", address, nil); (err != nil) != refused {
			t.Errorf("%s: %v", address, err)
		}
	}
	transport := NewTransport(time.Second)
	GuardTokens(transport)
	for address, refused := range map[string]bool{
		"http://10.9.8.7/token": true, "http://169.254.169.254/latest": false, "http://localhost:9/": false, "https://sts.example/": false, "http://[fd00:ec2::254]/": false,
	} {
		request := httptest.NewRequest(http.MethodGet, address, nil)
		if _, err := transport.Proxy(request); (err != nil) != refused {
			t.Errorf("%s: %v", address, err)
		} else if _, kind := errors.AsType[GateError](err); refused && !kind {
			t.Errorf("%s is tried again: %v", address, err)
		}
	}
}
