package config_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
)

const valid = `source "lemlist" {
  api_key = env("LEMLIST_API_KEY")
}
export "inbox_conversations" {
  destination = "./out"
}
`

func TestKeyReachesTheJob(t *testing.T) {
	job, diags := load(config.File{Name: "main.hcl", Bytes: []byte(valid)})
	if len(diags) > 0 || job.Source.APIKey.Reveal() != environmentKey {
		t.Errorf("got %d characters, %v", len(job.Source.APIKey.Reveal()), diags)
	}
}

func TestNoFilesIsAnErrorThatSaysWhatToWrite(t *testing.T) {
	_, diags := load()
	if len(diags) != 1 || diags[0].Summary != "No configuration" || !strings.Contains(diags[0].Detail, ".hcl") {
		t.Errorf("got %+v", diags)
	}
}

// The parser recurses: what could exhaust the stack is refused or survived.
func TestHostileFilesAreErrors(t *testing.T) {
	const most = 64 << 10
	fill := func(start, middle, end string) string {
		return start + strings.Repeat(middle, (most-len(start)-len(end))/len(middle)) + end
	}
	tests := map[string]string{
		"too large":           strings.Repeat("# a line\n", most/8),
		"brackets":            fill("a = ", "[", ""),
		"closed brackets":     "a = " + strings.Repeat("(", 1000) + "1" + strings.Repeat(")", 1000),
		"blocks":              fill("", "a {\n", ""),
		"templates":           fill("a = ", `"${`, ""),
		"heredocs":            fill("a = ", "<<A\n${", ""),
		"negations":           fill("a = ", "!", "true"),
		"minus signs":         fill("a = ", "-", "1"),
		"conditionals":        fill("a = ", "true?1:", "1"),
		"sums":                fill("a = ", "1+", "1"),
		"failing sums":        fill("a = ", "null+", "1"),
		"attributes of names": fill("a = b", ".c", ""),
		"words like key":      fill("", "key ", ""),
		"keys":                fill("", "key = x1234567890123\n", ""),
		"commented keys":      fill("# ", "key = (", ""),
		"quotes":              fill("a = ", `"`, ""),
	}
	for name, input := range tests {
		t.Run(name, func(t *testing.T) {
			if _, diags := load(config.File{Name: "main.hcl", Bytes: []byte(input)}); !diags.HasErrors() {
				t.Error("accepted")
			}
		})
	}
}

func TestErrorsEmptyTheJob(t *testing.T) {
	job, diags := load(config.File{Name: "main.hcl", Bytes: []byte(valid + "foo {}\n")})
	if !diags.HasErrors() || !job.Source.APIKey.IsZero() || job.Exports != nil || job.Source.Endpoint != "" {
		t.Errorf("got %+v, %v", job, diags)
	}
}

func TestEndpoints(t *testing.T) {
	tests := map[string]string{ // endpoint -> summary of the error, or "" and how it is kept
		"https://api.lemlist.com/api/":    "",
		"https://API.lemlist.com:443":     "",
		"https://api.lemlist.com.example": "Endpoint is not lemlist's",
		"https://api.lemlist.com:8443":    "Endpoint is not lemlist's",
		"https://proxy.example:8443/api":  "Endpoint is not lemlist's", // a warning
		"http://localhost:1":              "",
		"http://LOCALHOST/api":            "",
		"http://sim.localhost":            "",
		"http://127.8.9.1":                "",
		"http://[::1]:8080/api":           "",
		"http://[::2]/api":                "Endpoint without encryption",
		"http://10.0.0.1":                 "Endpoint without encryption",
		"http://localhost.example.com":    "Endpoint without encryption",
		"http://127.0.0.1.example.com":    "Endpoint without encryption",
		"https://":                        "Invalid endpoint",
		"https:api.lemlist.com":           "Invalid endpoint",
		"//api.lemlist.com":               "Invalid endpoint",
		" https://api.lemlist.com":        "Invalid endpoint",
		"https://api.lemlist.com:port":    "Invalid endpoint",
		"https://api.lemlist.com:0":       "Invalid endpoint",
		"https://api.lemlist.com/%zz":     "Invalid endpoint",
		"https://u:p@api.lemlist.com/api": "Credentials in the endpoint",
		"https://@api.lemlist.com/api":    "Credentials in the endpoint",
		"https://api.lemlist.com/api?":    "Query in the endpoint",
		"https://api.lemlist.com/api#":    "Query in the endpoint",
		"https://api.lemlist.com/api#a":   "Query in the endpoint",
	}
	for endpoint, summary := range tests {
		t.Run(endpoint, func(t *testing.T) {
			input := strings.Replace(valid, "api_key", "endpoint = \""+endpoint+"\"\n  api_key", 1)
			job, diags := load(config.File{Name: "main.hcl", Bytes: []byte(input)})
			checkOutcome(t, summary, diags)
			if !diags.HasErrors() && job.Source.Endpoint != strings.TrimRight(endpoint, "/") {
				t.Errorf("kept as %q", job.Source.Endpoint)
			}
		})
	}
}

func TestDestinations(t *testing.T) {
	tests := map[string]string{
		"./out":                 "",
		"out":                   "",
		"../a/b c":              "",
		"/var/lake":             "",
		"C:/lake":               "",
		"C://lake":              "Invalid destination",
		"./~":                   "",
		"a~b":                   "",
		"year=2026/x":           "",
		"file:///var/lake":      "",
		"FILE:///var/lake":      "",
		"file://localhost/lake": "",
		"~":                     "Home folder in the destination",
		"~jane/out":             "Home folder in the destination",
		"./s3:/x":               "",
		"a/gs:x":                "",
		"file:/var/lake":        "Destination lacks a slash",
		"file:lake":             "Destination lacks a slash",
		"s3:/bucket/x":          "Destination lacks a slash",
		"s3:bucket":             "Destination lacks a slash",
		"S3:/bucket":            "Destination lacks a slash",
		"gs:/bucket/x":          "Destination lacks a slash",
		"azblob:/container/x":   "Destination lacks a slash",
		"https:/bucket.example": "Destination lacks a slash",
		"s3:/AKIA:key@bucket":   "Destination lacks a slash",
		"file://":               "Invalid destination",
		"file://./out":          "Invalid destination",
		"file:///a#b":           "Invalid destination",
		`a\nb`:                  "Invalid destination",
		"out ":                  "Invalid destination",
		"s3://bucket/x":         "",
		"S3://bucket/x":         "",
		"gs://bucket":           "",
		"gs://bucket/":          "",
		"azblob://container/x":  "",
		"s3://bucket/year=2026": "",
		"s3://bucket/x?region=eu-west-3&endpoint=http://127.0.0.1:9000&use_path_style=true": "",
		"s3://bucket/x?ssetype=aws:kms&kmskeyid=arn:aws:kms:eu-west-3:1:key/a&profile=lake": "",
		"azblob://container/x?storage_account=acme":                                         "",
		"s3://bucket/x?regoin=eu-west-3":                                                    `Unknown setting "regoin" in the destination`,
		"s3://bucket/x?region=a&region=b":                                                   "Repeated setting in the destination",
		"s3://bucket/x?region=":                                                             "Empty setting in the destination",
		"s3://bucket/x?use_path_style=yes":                                                  "Invalid setting in the destination",
		"s3://bucket/x?endpoint=minio:9000":                                                 "Invalid setting in the destination",
		"s3://bucket/x?endpoint=https://u:p@minio/":                                         "Invalid setting in the destination",
		"s3://bucket/x?a;b":                                                                 "Invalid destination",
		"s3://AKIA:secret@bucket/x":                                                         "Credentials in the destination",
		"s3://bucket/x?secret_access_key=abc":                                               "Credentials in the destination",
		"DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0":                  "Credentials in the destination",
		"AccountKey=c2VjcmV0;AccountName=a":                                                 "Credentials in the destination",
		"key=acme":                                                                          "",
		"lake/x?sv=2024&sig=abc":                                                            "Credentials in the destination",
		"lake/key=acme":                                                                     "",
		"azblob://lake/x?sv=2024&sig=abc":                                                   "Credentials in the destination",
		"s3://":                                                                             "Invalid bucket",
		"s3:///x":                                                                           "Invalid bucket",
		"s3://bucket/../x":                                                                  "Invalid destination",
		"s3://bucket/a//b":                                                                  "Invalid destination",
		"gs://bucket/%zz":                                                                   "Invalid destination",
		"gs://bucket/a%3Fb":                                                                 "Invalid destination",
		"gs://bucket/a#b":                                                                   "Invalid destination",
		"https://bucket.example":                                                            "Unknown kind of destination",
		"fil:///var/lake":                                                                   "Unknown kind of destination",
	}
	for destination, summary := range tests {
		t.Run(destination, func(t *testing.T) {
			input := strings.Replace(valid, "./out", destination, 1)
			_, diags := load(config.File{Name: "main.hcl", Bytes: []byte(input)})
			checkOutcome(t, summary, diags)
		})
	}
}

// checkOutcome wants one error with this summary, or none for "".
func checkOutcome(t *testing.T, summary string, diags exporter.Diagnostics) {
	t.Helper()
	switch {
	case summary == "" && len(diags) > 0:
		t.Errorf("refused: %+v", diags)
	case summary != "" && (len(diags) != 1 || diags[0].Summary != summary || diags[0].Snippet == nil || diags[0].Address == ""):
		t.Errorf("got %+v, want %q", diags, summary)
	}
}

// A variable of the environment that leads a destination astray is found before anything is
// sent; one that the destination's URL overrules is not looked at.
func TestServersOfTheEnvironment(t *testing.T) {
	for name, test := range map[string]struct{ destination, variable, value, summary string }{
		"AWS, in clear":          {"s3://lake/x", "AWS_ENDPOINT_URL", "http://10.9.8.7", "Destination without encryption"},
		"AWS, another server":    {"s3://lake/x", "AWS_ENDPOINT_URL_S3", "https://minio.example", "Credentials for another server"},
		"AWS, overruled":         {"s3://lake/x?endpoint=http://127.0.0.1:9", "AWS_ENDPOINT_URL", "http://10.9.8.7", ""},
		"AWS, allowed":           {"s3://lake/x?send_credentials=true", "AWS_ENDPOINT_URL", "https://minio.example", ""},
		"AWS, no address":        {"s3://lake/x", "AWS_ENDPOINT_URL", "minio.example", "Invalid server of the destination"},
		"Google, in clear":       {"gs://lake/x", "STORAGE_EMULATOR_HOST", "10.9.8.7:80", "Destination without encryption"},
		"Google, this machine":   {"gs://lake/x", "STORAGE_EMULATOR_HOST", "localhost:9", ""},
		"Azure, a protocol":      {"azblob://lake/x", "AZURE_STORAGE_PROTOCOL", "http", "Destination without encryption"},
		"Azure, a domain":        {"azblob://lake/x", "AZURE_STORAGE_DOMAIN", "10.9.8.7", "Credentials for another server"},
		"Azure, a connection":    {"azblob://lake/x", "AZURE_STORAGE_CONNECTION_STRING", "AccountName=a;AccountKey=k;BlobEndpoint=http://10.9.8.7/a", "Destination without encryption"},
		"Azure, its own cloud":   {"azblob://lake/x", "AZURE_STORAGE_CONNECTION_STRING", "AccountName=a;AccountKey=k;EndpointSuffix=core.usgovcloudapi.net", ""},
		"Azure, connection http": {"azblob://lake/x", "AZURE_STORAGEBLOB_CONNECTIONSTRING", "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=k", "Destination without encryption"},
	} {
		t.Run(name, func(t *testing.T) {
			input := strings.Replace(valid, `"./out"`, `"`+test.destination+`"`, 1)
			if input == valid {
				t.Fatal("the destination is another one")
			}
			in := inputs()
			in.Env = func(name string) (string, bool) {
				if name == test.variable {
					return test.value, true
				}
				return environment(name)
			}
			_, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(input)}}, in)
			checkOutcome(t, test.summary, diags)
			if test.summary != "" && !strings.Contains(diags[0].Detail, test.variable) {
				t.Errorf("the variable is not named: %v", diags)
			}
		})
	}
}

func TestAKeyOfASimulationMayStandInAFile(t *testing.T) {
	for key, warned := range map[string]bool{"51301a7ed0000000000000000000cafe": false, literalKey: true} {
		_, diags := load(config.File{Name: "main.hcl", Bytes: []byte("source \"lemlist\" {\n  api_key  = \"" + key + "\"\n  endpoint = \"http://127.0.0.1:8080/api\"\n}\n" +
			"export \"inbox_conversations\" {\n  destination = \"out\"\n}\n")})
		if got := len(diags) == 1 && diags[0].Summary == "API key in a file"; got != warned || diags.HasErrors() {
			t.Errorf("warned %t, want %t: %v", got, warned, diags)
		}
	}
}

// A path of Windows meets HCL's escape sequences, and means another folder on other systems.
func TestPathsOfWindowsAreExplained(t *testing.T) {
	const hint = `as in "C:/lake", or two backslashes for each, as in "C:\\lake" and "\\\\server\\share"`
	other := "Path of Windows"
	if runtime.GOOS == "windows" {
		other = ""
	}
	for written, test := range map[string]struct{ summary, detail string }{
		`C:\out`:                {"Invalid escape sequence", hint},
		`\\server\share`:        {"Invalid escape sequence", hint},
		`C:\users\lake`:         {"Invalid escape sequence", hint},
		`C:\new\lake`:           {"Invalid escape sequence", hint},
		`C:\new`:                {"Invalid destination", hint},
		`C:\temp\run`:           {"Invalid destination", hint},
		`C:\\lake`:              {other, ""},
		`\\\\server\\share`:     {other, ""},
		`C:/lake`:               {"", ""},
		`//server/share`:        {"", ""},
		`lake\\of\\one\\folder`: {"", ""},
	} {
		_, diags := load(config.File{Name: "main.hcl", Bytes: []byte(strings.Replace(valid, "./out", written, 1))})
		switch {
		case test.summary == "" && len(diags) > 0:
			t.Errorf("%s: %v", written, diags)
		case test.summary != "" && (len(diags) != 1 || diags[0].Summary != test.summary || !strings.Contains(diags[0].Detail, test.detail)):
			t.Errorf("%s: %+v", written, diags)
		}
	}
}
