//go:build !no_s3

package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"

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
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"

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

// client reads and lists through gocloud, and writes with the client of S3.
type client struct {
	*putter
	blobs *blob.Bucket
}

// Bucket implements bucket.Client.
func (c *client) Bucket() *blob.Bucket { return c.blobs }

// Version implements bucket.Client.
func (c *client) Version(a *blob.Attributes) exporter.Version { return exporter.Version(a.ETag) }

// Pin implements bucket.Client.
func (c *client) Pin(version exporter.Version) func(as func(any) bool) error {
	return func(as func(any) bool) error {
		var input *s3.GetObjectInput
		if !as(&input) {
			return bucket.ErrNoCondition
		}
		input.IfMatch = aws.String(string(version))
		return nil
	}
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
	blobs, err := s3blob.OpenBucket(ctx, sdk, target.URL.Bucket, nil)
	if err != nil {
		return nil, err
	}
	c := &client{blobs: blobs, putter: &putter{client: sdk, bucket: target.URL.Bucket, params: params, partSize: target.PartSize(partSize)}}
	if c.checksum() == "" {
		return c, nil
	}
	unchecked := *c.putter
	unchecked.client = s3.New(sdk.Options(), func(o *s3.Options) { o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired })
	return &checkingClient{client: c, unchecked: &unchecked}, nil
}

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
		return config, bucket.ErrNoCondition
	}
	transport := buildable.GetTransport()
	transport.Proxy = http.ProxyFromEnvironment
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
