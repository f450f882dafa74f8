//go:build !no_s3

package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/bucket"
)

// Driver connects to S3 and to servers that speak its API.
func Driver() bucket.Driver {
	return bucket.Driver{
		Open: open, Response: response,
		NoVersion: `"00000000000000000000000000000000"`,
		Rights: bucket.Rights{
			Read: "s3:GetObject (and kms:Decrypt, for an object that a key of KMS encrypts)",
			List: "s3:ListBucket", Write: "s3:PutObject, s3:GetObject and s3:ListBucket", Remove: "s3:DeleteObject",
		},
		Credentials: "Check the credentials and the region: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or the machine's role; AWS_REGION or ?region=.",
		Redirect:    "The bucket is in another region. Set region in the destination, for instance ?region=eu-west-3.",
		Archived: map[string]string{
			"InvalidObjectState": "The object is in an archive class (Glacier), which no reader can open. Restore it first (aws s3api restore-object), " +
				"wait until it is restored, then run it again.",
		},
	}
}

// response takes the status from the transport and the code from the API.
func response(err error) (status int, code string) {
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		status = response.HTTPStatusCode()
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code = api.ErrorCode()
	}
	return status, code
}

// client is a bucket. The version of an object is its ETag.
type client struct{ *putter }

// Head implements bucket.Client.
func (c *client) Head(ctx context.Context, key string) (bucket.Head, error) {
	found, err := c.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &c.bucket, Key: &key})
	if err != nil {
		return bucket.Head{}, err
	}
	return bucket.Head{Size: aws.ToInt64(found.ContentLength), Version: exporter.Version(aws.ToString(found.ETag)), Metadata: found.Metadata}, nil
}

// Read implements bucket.Client.
func (c *client) Read(ctx context.Context, key string, version exporter.Version, from, length int64) (io.ReadCloser, error) {
	found, err := c.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &c.bucket, Key: &key, IfMatch: aws.String(string(version)), Range: aws.String(fmt.Sprintf("bytes=%d-%d", from, from+length-1)),
	})
	if err != nil {
		return nil, err
	}
	return found.Body, nil
}

// List implements bucket.Client.
func (c *client) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		pages := s3.NewListObjectsV2Paginator(c.client, &s3.ListObjectsV2Input{Bucket: &c.bucket, Prefix: &prefix, Delimiter: aws.String("/")})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield("", err)
				return
			}
			for _, one := range page.Contents {
				if !yield(aws.ToString(one.Key), nil) {
					return
				}
			}
		}
	}
}

// Delete implements bucket.Client.
func (c *client) Delete(ctx context.Context, key string) error {
	_, err := c.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &c.bucket, Key: &key})
	return err
}

// checkingClient is a client whose requests have checksums.
type checkingClient struct {
	*client
	unchecked *putter
}

// PutUnchecked implements bucket.UncheckedPutter.
func (c *checkingClient) PutUnchecked(ctx context.Context, put bucket.Put) error {
	return c.unchecked.Put(ctx, put)
}

// open connects with the credentials and settings that the AWS tools use; those of the URL
// take precedence.
func open(ctx context.Context, target bucket.Target) (bucket.Client, error) {
	config, err := configure(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	params := target.URL.Params
	sdk := s3.NewFromConfig(config, func(o *s3.Options) {
		if endpoint := params["endpoint"]; endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
		if o.Region == "" && o.BaseEndpoint != nil {
			o.Region = "us-east-1" // a signature needs one, and other servers ignore it
		}
		o.UsePathStyle = params["use_path_style"] == "true"
		o.UseAccelerate = params["accelerate"] == "true"
		// Responses to ranges have no checksums; ours are those of the uploads.
		o.DisableLogOutputChecksumValidationSkipped = true
	})
	c := &client{putter: &putter{client: sdk, bucket: target.URL.Bucket, params: params, partSize: target.PartSize(partSize)}}
	if c.checksum() == "" {
		return c, nil
	}
	unchecked := *c.putter
	unchecked.client = s3.New(sdk.Options(), func(o *s3.Options) { o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired })
	return &checkingClient{client: c, unchecked: &unchecked}, nil
}

// errNoTransport means that the SDK has changed: its requests would pass no gate.
var errNoTransport = errors.New("the SDK does not show its transport")

func configure(ctx context.Context, target bucket.Target) (aws.Config, error) {
	load := []func(*awsconfig.LoadOptions) error{
		// The SDK refuses AWS_CA_BUNDLE with a client of another type.
		awsconfig.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { bucket.LimitIdle(t, target.Options.Idle); bucket.GuardTokens(t) })),
		awsconfig.WithLogger(logging.Nop{}), // the SDK would write texts of servers to standard error
		awsconfig.WithRetryer(func() aws.Retryer { return retryer(target.Options) }),
	}
	params := target.URL.Params
	for name, with := range map[string]func(string) awsconfig.LoadOptionsFunc{
		"region":  awsconfig.WithRegion,
		"profile": awsconfig.WithSharedConfigProfile,
	} {
		if value := params[name]; value != "" {
			load = append(load, with(value))
		}
	}
	if params["dualstack"] == "true" {
		load = append(load, awsconfig.WithUseDualStackEndpoint(aws.DualStackEndpointStateEnabled))
	}
	if params["fips"] == "true" {
		load = append(load, awsconfig.WithUseFIPSEndpoint(aws.FIPSEndpointStateEnabled))
	}
	switch params["request_checksum_calculation"] {
	case "when_required":
		load = append(load, awsconfig.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenRequired))
	case "when_supported":
		load = append(load, awsconfig.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenSupported))
	}
	config, err := awsconfig.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return config, err
	}
	// The gate is for the requests to S3 only: the credential providers have servers of
	// their own, and ask this machine over http.
	buildable, ok := config.HTTPClient.(interface{ GetTransport() *http.Transport })
	if !ok {
		return config, errNoTransport
	}
	transport := buildable.GetTransport()
	transport.Proxy = http.ProxyFromEnvironment
	config.Credentials = explaining{config.Credentials, cmp.Or(params["profile"], os.Getenv("AWS_PROFILE"), "default")}
	config.HTTPClient = &http.Client{Transport: target.Gate(transport), CheckRedirect: bucket.NoRedirect}
	if role := params["role"]; role != "" {
		config.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(config), role))
	}
	return config, nil
}

// retryer is the retry policy of the AWS tools with more attempts, and without their budget
// of retries, which a burst of 503 would use up.
func retryer(options bucket.Options) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = options.Attempts
		o.MaxBackoff = options.MaxDelay
		o.RateLimiter = ratelimit.None
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(neverGateError)}, o.Retryables...)
		o.Retryables = append(o.Retryables, retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{http.StatusTooManyRequests: {}}})
	})
}

// neverGateError keeps the SDK from retrying a request that the gate has refused.
func neverGateError(err error) aws.Ternary {
	if _, refused := errors.AsType[bucket.GateError](err); refused {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}
