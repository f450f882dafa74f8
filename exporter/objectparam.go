package exporter

import (
	"net/url"
	"slices"
	"strings"
)

// The settings of every object store's URL that let it do what is refused otherwise.
const (
	paramInsecure = "insecure"
	paramSend     = "send_credentials"
)

// ObjectParam is a setting that the query of an object store's URL takes.
type ObjectParam struct {
	Name string
	// Values are those it takes; nil takes any text.
	Values []string
	// URL says that the value is the base URL of a server.
	URL bool
	// Host says that the value is, or begins, the name of a host.
	Host bool
}

// ObjectParams are the settings for a scheme; nil when it is not an object store's.
func ObjectParams(scheme string) []ObjectParam {
	truth := []string{"true", "false"}
	either := []ObjectParam{{Name: paramInsecure, Values: truth}, {Name: paramSend, Values: truth}}
	switch scheme {
	case "s3":
		return append([]ObjectParam{
			{Name: "region"}, {Name: "profile"}, {Name: "role"},
			{Name: "endpoint", URL: true}, {Name: "use_path_style", Values: truth},
			{Name: "dualstack", Values: truth}, {Name: "fips", Values: truth}, {Name: "accelerate", Values: truth},
			{Name: "ssetype", Values: []string{"AES256", "aws:kms", "aws:kms:dsse"}}, {Name: "kmskeyid"},
			{Name: "storage_class", Values: []string{"STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "REDUCED_REDUNDANCY", "GLACIER_IR", "EXPRESS_ONEZONE"}},
			{Name: "request_checksum_calculation", Values: []string{"when_supported", "when_required"}},
		}, either...)
	case "gs":
		return append([]ObjectParam{{Name: "endpoint", URL: true}, {Name: "anonymous", Values: truth}}, either...)
	case "azblob":
		return append([]ObjectParam{
			{Name: "storage_account", Host: true}, {Name: "domain", Host: true}, {Name: "protocol", Values: []string{"https", "http"}}, {Name: "localemu", Values: truth},
		}, either...)
	}
	return nil
}

func baseURL(value string) bool {
	u, err := url.Parse(value)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
}

// secretParam knows the names under which the clouds put secrets into URLs.
func secretParam(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"key", "secret", "token", "sig", "passw", "credential", "auth"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	// The other parts of an Azure SAS.
	return slices.Contains([]string{"sv", "se", "st", "sp", "sr", "ss", "srt", "spr", "sip"}, name)
}

// isAuthority reports whether a text is a host with or without a port.
func isAuthority(text string) bool {
	u, err := url.Parse("https://" + text)
	return err == nil && u.Host == text && u.Hostname() != ""
}
