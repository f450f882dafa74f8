package exporter

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// The settings of every object store's URL that let it do what is refused otherwise.
const (
	paramInsecure = "insecure"
	paramSend     = "send_credentials"
)

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

// LocationWarnings are the warnings of a location; one that cannot be used has none.
func LocationWarnings(location string) Diagnostics {
	if at, err := ParseObjectURL(location); err == nil {
		return at.Warnings()
	}
	return nil
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

func cloudName(scheme string) string {
	return map[string]string{"s3": "one of AWS", "gs": "one of Google", "azblob": "one of Azure"}[scheme]
}

// cloudHost matches the hosts of a cloud's own storage, in lower case. In a domain of a cloud
// there are also hosts of its customers.
func cloudHost(scheme string) *regexp.Regexp {
	switch scheme {
	case "s3":
		// bucket.s3.region.amazonaws.com, s3.dualstack.…, bucket.vpce-….s3.region.vpce.…, and sts.
		return regexp.MustCompile(`^(?:[a-z0-9.-]+\.)?(?:s3|sts)(?:-[a-z0-9-]+|express-[a-z0-9-]+)?(?:\.dualstack)?(?:\.[a-z]+(?:-[a-z]+)+-[0-9]+)?(?:\.vpce)?` +
			`\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws|c2s\.ic\.gov|sc2s\.sgov\.gov|csp\.hci\.ic\.gov|cloud\.adc-e\.uk)\.?$`)
	case "gs":
		return regexp.MustCompile(`^(?:[a-z0-9.-]+\.)?googleapis\.com\.?$`)
	}
	return regexp.MustCompile(`^(?:[a-z0-9.-]+\.)?blob\.(?:core\.windows\.net|core\.chinacloudapi\.cn|core\.usgovcloudapi\.net|core\.cloudapi\.de|storage\.azure\.net)\.?$`)
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
	who, address := o.server(get)
	if address == "" {
		return nil
	}
	server, err := url.Parse(address)
	if err != nil || server.Hostname() == "" {
		return &ObjectURLError{Summary: "Invalid server of the destination", Detail: who + " is not the address of a server. Correct it or leave it out."}
	}
	return o.Admit(server, who)
}

// server finds the address of the server and what names it; "" is the cloud's own.
func (o ObjectURL) server(env func(name string) string) (who, address string) {
	if endpoint := o.Params["endpoint"]; endpoint != "" {
		return "endpoint", endpoint
	}
	switch o.Scheme {
	case "s3":
		for _, name := range []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"} {
			if value := env(name); value != "" && !strings.EqualFold(env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
				return name, value
			}
		}
		return "", ""
	case "gs":
		value := env("STORAGE_EMULATOR_HOST")
		if value != "" && !strings.Contains(value, "://") {
			value = "http://" + value
		}
		return "STORAGE_EMULATOR_HOST", value
	}
	return o.azureServer(env)
}

// azureServer is the server of the connection string, which counts when the account is named
// nowhere else, or that of the domain and the protocol.
func (o ObjectURL) azureServer(env func(name string) string) (who, address string) {
	for _, name := range []string{"AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGEBLOB_CONNECTIONSTRING"} {
		text := env(name)
		if text == "" || o.Params["storage_account"] != "" || env("AZURE_STORAGE_KEY") != "" {
			continue
		}
		parts := make(map[string]string)
		for part := range strings.SplitSeq(text, ";") {
			key, value, _ := strings.Cut(part, "=")
			parts[key] = value
		}
		if endpoint := parts["BlobEndpoint"]; endpoint != "" {
			return name, endpoint
		}
		if parts["AccountName"] == "" {
			return "", ""
		}
		return name, cmp.Or(parts["DefaultEndpointsProtocol"], "https") + "://" + parts["AccountName"] + ".blob." + cmp.Or(parts["EndpointSuffix"], "core.windows.net")
	}
	domain, protocol := cmp.Or(o.Params["domain"], env("AZURE_STORAGE_DOMAIN")), cmp.Or(o.Params["protocol"], env("AZURE_STORAGE_PROTOCOL"))
	switch {
	case o.Params["domain"] != "" || domain == "" && o.Params["protocol"] != "":
		who = "domain or protocol"
	case domain != "":
		who = "AZURE_STORAGE_DOMAIN"
	case protocol != "":
		who = "AZURE_STORAGE_PROTOCOL"
	default:
		return "", ""
	}
	return who, cmp.Or(protocol, "https") + "://" + cmp.Or(domain, "blob.core.windows.net")
}

// isAuthority reports whether a text is a host with or without a port.
func isAuthority(text string) bool {
	u, err := url.Parse("https://" + text)
	return err == nil && u.Host == text && u.Hostname() != ""
}
