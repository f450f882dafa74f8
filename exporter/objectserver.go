package exporter

import (
	"cmp"
	"regexp"
	"strings"
)

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

// serverOf finds the address of the server of a destination and what names it; "" is the cloud's own.
func serverOf(o ObjectURL, env func(name string) string) (who, address string) {
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
	return azureServer(o, env)
}

// azureServer is the server of the connection string, which counts when the account is named
// nowhere else, or that of the domain and the protocol.
func azureServer(o ObjectURL, env func(name string) string) (who, address string) {
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
