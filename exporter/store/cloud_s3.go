//go:build !no_s3

package store

import (
	"context"
	"errors"
	"fmt"
	"io"
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
)

func s3Driver() driver { return driver{openS3, s3Answer} }

// s3Answer takes the status from the transport and the code from the API.
func s3Answer(err error) (status int, code string) {
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		status = response.HTTPStatusCode()
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code = api.ErrorCode()
	}
	return status, code
}

// retryRefused tells the client not to try again what the gate refused.
func retryRefused(err error) aws.Ternary {
	if _, refused := errors.AsType[refusedError](err); refused {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// openS3 connects with the credentials and settings that the AWS tools use, and
// those of the URL on top.
func openS3(ctx context.Context, at exporter.ObjectURL, options Options, sent *sent) (*cloud, error) {
	config, err := awsConfig(ctx, at, options, sent)
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	client := s3.NewFromConfig(config, func(o *s3.Options) {
		if endpoint := at.Params["endpoint"]; endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
		if o.Region == "" && o.BaseEndpoint != nil {
			o.Region = "us-east-1" // a signature needs one, and other servers use none
		}
		o.UsePathStyle = at.Params["use_path_style"] == "true"
		o.UseAccelerate = at.Params["accelerate"] == "true"
		// Only the checksums that we send ourselves are of use to us: a range has none.
		o.DisableLogOutputChecksumValidationSkipped = true
	})
	bucket, err := s3blob.OpenBucket(ctx, client, at.Bucket, nil)
	if err != nil {
		return nil, err
	}
	put := &s3Put{client: client, bucket: at.Bucket, params: at.Params, partSize: options.partSize(s3PartSize)}
	var plainPut func(context.Context, string, *io.SectionReader, map[string]string, exporter.Version) error
	if client.Options().RequestChecksumCalculation != aws.RequestChecksumCalculationWhenRequired {
		plain := *put
		plain.client = s3.New(client.Options(), func(o *s3.Options) { o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired })
		plainPut = plain.put
	}
	return &cloud{
		bucket:  bucket,
		version: func(a *blob.Attributes) exporter.Version { return exporter.Version(a.ETag) },
		pin: func(version exporter.Version) func(as func(any) bool) error {
			return func(as func(any) bool) error {
				var input *s3.GetObjectInput
				if !as(&input) {
					return errHook
				}
				input.IfMatch = aws.String(string(version))
				return nil
			}
		},
		put:      put.put,
		plainPut: plainPut,
		sweep:    put.sweep,
	}, nil
}

func awsConfig(ctx context.Context, at exporter.ObjectURL, options Options, sent *sent) (aws.Config, error) {
	load := []func(*awsconfig.LoadOptions) error{
		// Of this type, or AWS_CA_BUNDLE would be refused.
		awsconfig.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { watchIdle(t, options.Idle, nil); keepTokens(t) })),
		awsconfig.WithLogger(logging.Nop{}), // it would write texts of servers to standard error
		awsconfig.WithRetryer(func() aws.Retryer { return s3Retryer(options) }),
	}
	for name, with := range map[string]func(string) awsconfig.LoadOptionsFunc{
		"region":  awsconfig.WithRegion,
		"profile": awsconfig.WithSharedConfigProfile,
	} {
		if value := at.Params[name]; value != "" {
			load = append(load, with(value))
		}
	}
	if at.Params["dualstack"] == "true" {
		load = append(load, awsconfig.WithUseDualStackEndpoint(aws.DualStackEndpointStateEnabled))
	}
	if at.Params["fips"] == "true" {
		load = append(load, awsconfig.WithUseFIPSEndpoint(aws.FIPSEndpointStateEnabled))
	}
	switch at.Params["request_checksum_calculation"] {
	case "when_required":
		load = append(load, awsconfig.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenRequired))
	case "when_supported":
		load = append(load, awsconfig.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenSupported))
	}
	config, err := awsconfig.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return config, err
	}
	// From here on: what finds the credentials has its own servers, and asks the machine
	// over http.
	transport, ok := config.HTTPClient.(interface{ GetTransport() *http.Transport })
	if !ok {
		return config, errHook
	}
	own := transport.GetTransport()
	own.Proxy = http.ProxyFromEnvironment
	config.HTTPClient = &http.Client{Transport: newGate(at, own, options, sent), CheckRedirect: noRedirect}
	if role := at.Params["role"]; role != "" {
		config.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(config), role))
	}
	return config, nil
}

// s3Retryer retries as the AWS tools do, more often, and without their budget of
// retries, which a burst of 503 would use up.
func s3Retryer(options Options) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = options.Attempts
		o.MaxBackoff = options.MaxDelay
		o.RateLimiter = ratelimit.None
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(retryRefused)}, o.Retryables...)
		o.Retryables = append(o.Retryables, retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{http.StatusTooManyRequests: {}}})
	})
}
