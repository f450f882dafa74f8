package exporter

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// ObjectURL is a destination in object storage, taken apart:
// s3://bucket/prefix?region=eu-west-3.
type ObjectURL struct {
	// Scheme is s3, gs or azblob.
	Scheme string
	// Bucket is the bucket, or the container of azblob.
	Bucket string
	// Prefix is the folder in it, without slashes around; "" is the bucket itself.
	Prefix string
	// Params are the settings of the URL's query; an absent one is "".
	Params map[string]string
}

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

// ObjectURLError says what is wrong with the URL of an object store. None of
// its texts repeats a value: it could be a secret.
type ObjectURLError struct {
	Summary string
	// Detail is full sentences and says what to do.
	Detail string
	// Param is the unknown setting when that is the problem, and Known are those
	// that there are.
	Param string
	Known []string
}

// Error is the summary, in lower case.
func (e *ObjectURLError) Error() string { return strings.ToLower(e.Summary[:1]) + e.Summary[1:] }

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

// ParseObjectURL takes the URL of an object store apart. Its error is an
// [*ObjectURLError].
func ParseObjectURL(location string) (ObjectURL, error) {
	refuse := func(summary, detail string) (ObjectURL, error) {
		return ObjectURL{}, &ObjectURLError{Summary: summary, Detail: detail}
	}
	u, err := url.Parse(location)
	if err != nil {
		return refuse("Invalid destination", "Invalid URL: a % must be followed by two hexadecimal digits. "+objectForm)
	}
	to := ObjectURL{Scheme: strings.ToLower(u.Scheme), Bucket: u.Host, Prefix: strings.Trim(u.Path, "/"), Params: make(map[string]string)}
	known := ObjectParams(to.Scheme)
	switch {
	case known == nil:
		return refuse("Unknown kind of destination", objectForm)
	case leftOut(to.Scheme) != "":
		return refuse(fmt.Sprintf("This build has no %s://", to.Scheme),
			fmt.Sprintf("It was built with the tag %s. Build lemexport without the tag, or choose another destination.", leftOut(to.Scheme)))
	case u.User != nil:
		return refuse("Credentials in the destination", secretHint)
	case !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]+$`).MatchString(to.Bucket):
		return refuse("Invalid bucket", "The part after :// is the name of a bucket or container: letters, digits, hyphens, dots. "+objectForm)
	case u.Fragment != "" || strings.HasSuffix(location, "#"):
		return refuse("Invalid destination", "The URL takes no #. Choose a folder without one.")
	case to.Prefix != "" && !plainKey(to.Prefix):
		return refuse("Invalid destination", `The folder in the bucket may have no empty part, no "." or "..", and none of: control characters, \ " # % ?. Choose another one.`)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return refuse("Invalid destination", "Invalid settings after the ?: write them like region=eu-west-3&profile=lake.")
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if err := to.set(known, name, query[name]); err != nil {
			return ObjectURL{}, err
		}
	}
	if err := to.CheckServer(nil); err != nil {
		return ObjectURL{}, err
	}
	return to, nil
}

// leftOut is the build tag that has left out the store of a scheme, or "".
func leftOut(scheme string) string {
	switch {
	case scheme == "s3" && !hasS3:
		return "no_s3"
	case scheme == "gs" && !hasGCS:
		return "no_gcs"
	case scheme == "azblob" && !hasAzure:
		return "no_azure"
	}
	return ""
}

const (
	objectForm = "A destination in object storage reads s3://bucket/folder, gs://bucket/folder or azblob://container/folder."
	secretHint = "A destination is shown and stored, so that it must hold no key, token or signature. Remove it; credentials come from the environment or from the cloud's own files."
)

// plainKey reports whether a key means the same to every object store.
func plainKey(key string) bool {
	if strings.ContainsAny(key, `\"#%?`) || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return false
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

func (o ObjectURL) set(known []ObjectParam, name string, values []string) error {
	i := slices.IndexFunc(known, func(p ObjectParam) bool { return p.Name == name })
	if i < 0 {
		if secretParam(name) {
			return &ObjectURLError{Summary: "Credentials in the destination", Detail: secretHint}
		}
		names := make([]string, 0, len(known))
		for _, one := range known {
			names = append(names, one.Name)
		}
		return &ObjectURLError{Summary: "Unknown setting in the destination", Param: name, Known: names,
			Detail: fmt.Sprintf("%s:// takes, after a ?: %s.", o.Scheme, strings.Join(names, ", "))}
	}
	value := values[len(values)-1]
	param := known[i]
	switch {
	case len(values) > 1:
		return &ObjectURLError{Summary: "Repeated setting in the destination", Detail: name + " is there more than once. Keep one."}
	case value == "":
		return &ObjectURLError{Summary: "Empty setting in the destination", Detail: fmt.Sprintf("Give %s a value or leave it out.", name)}
	case param.Values != nil && !slices.Contains(param.Values, value):
		return &ObjectURLError{Summary: "Invalid setting in the destination", Detail: fmt.Sprintf("%s is one of: %s.", name, strings.Join(param.Values, ", "))}
	case param.URL && !baseURL(value):
		return &ObjectURLError{Summary: "Invalid setting in the destination",
			Detail: name + " is the base URL of a server, for instance https://minio.example:9000, without user, query or #."}
	case param.Host && !isAuthority(value):
		return &ObjectURLError{Summary: "Invalid setting in the destination", Detail: name + " is a name, without slashes and without what stands around a host in a URL."}
	}
	o.Params[name] = value
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

// String is the URL without its settings: the place alone.
func (o ObjectURL) String() string {
	return strings.TrimSuffix(o.Scheme+"://"+o.Bucket+"/"+o.Prefix, "/")
}
