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

// Insecure reports whether requests may go to another machine without encryption.
func (o ObjectURL) Insecure() bool { return o.Params[paramInsecure] == "true" }

// Warnings is what a person should know whenever the destination is used.
func (o ObjectURL) Warnings() Diagnostics {
	if !o.Insecure() {
		return nil
	}
	return Diagnostics{{
		Severity: SeverityWarning,
		Summary:  "Destination without encryption",
		Detail: fmt.Sprintf("insecure=true lets requests to %s go over http: whoever is on the way can read and change rows, and use the credentials. "+
			"Remove it when the server takes https.", o),
	}}
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
		return refuse(SecretLocation())
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

func (o ObjectURL) set(known []ObjectParam, name string, values []string) error {
	i := slices.IndexFunc(known, func(p ObjectParam) bool { return p.Name == name })
	if i < 0 {
		if secretParam(name) {
			summary, detail := SecretLocation()
			return &ObjectURLError{Summary: summary, Detail: detail}
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

// String is the URL without its settings: the place alone.
func (o ObjectURL) String() string {
	return strings.TrimSuffix(o.Scheme+"://"+o.Bucket+"/"+o.Prefix, "/")
}

// LocationWarnings are the warnings of a location; one that cannot be used has none.
func LocationWarnings(location string) Diagnostics {
	if at, err := ParseObjectURL(location); err == nil {
		return at.Warnings()
	}
	return nil
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

// CheckServer looks at the server that the URL or a variable of the environment names; env
// nil is an empty environment. Its error is an [*ObjectURLError]. Files of a cloud's tools
// can name servers too: a request looks at its own.
func (o ObjectURL) CheckServer(env func(name string) (string, bool)) error {
	get := func(name string) string {
		if env == nil {
			return ""
		}
		value, _ := env(name)
		return value
	}
	who, address := serverOf(o, get)
	if address == "" {
		return nil
	}
	server, err := url.Parse(address)
	if err != nil || server.Hostname() == "" {
		return &ObjectURLError{Summary: "Invalid server of the destination", Detail: who + " is not the address of a server. Correct it or leave it out."}
	}
	return o.Admit(server, who)
}

// Admit says why a request of this destination must not go to a server: in clear to another
// machine, or with the credentials of a cloud to a server that is not that cloud's. who
// names what leads there, as the beginning of a sentence.
func (o ObjectURL) Admit(server *url.URL, who string) error {
	foreign := !cloudHost(o.Scheme).MatchString(strings.ToLower(server.Hostname())) && o.Params[paramSend] != "true" && o.Params["anonymous"] != "true"
	switch {
	case IsLoopback(server.Hostname()):
	case server.Scheme != "https" && !o.Insecure():
		add := "insecure=true"
		if foreign {
			add += "&send_credentials=true"
		}
		return &ObjectURLError{Summary: "Destination without encryption", Detail: who + " leads to another machine over http: rows and credentials would travel in clear. " +
			"Use https; http is for this machine only, for instance http://127.0.0.1:9000. Where the network between is trusted, add " + add + " to the destination's URL."}
	case foreign:
		none := ""
		if o.Scheme == "gs" {
			none = " To send none, add anonymous=true."
		}
		return &ObjectURLError{Summary: "Credentials for another server", Detail: fmt.Sprintf("%s leads to a server that is not %s, and it would get the credentials "+
			"that this machine has for %s://. If they are meant for it, as with MinIO, Ceph or R2, add send_credentials=true to the destination's URL.%s",
			who, cloudName(o.Scheme), o.Scheme, none)}
	}
	return nil
}
