//go:build !no_s3

package s3

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

// explaining are credentials whose errors name what was tried. The SDK only tells of the
// last attempt.
type explaining struct {
	aws.CredentialsProvider
	profile string
}

// Retrieve implements aws.CredentialsProvider.
func (e explaining) Retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := e.CredentialsProvider.Retrieve(ctx)
	if last, ok := errors.AsType[*smithy.OperationError](err); ok && last.ServiceID == machineRole {
		err = fmt.Errorf("no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, the files of the AWS tools have none for the profile %q, "+
			"and this machine has no role (IMDS): %w", e.profile, err)
	}
	return found, err
}

// machineRole is how the SDK calls the service that tells a machine its role. It is asked
// when nothing else is set.
const machineRole = "ec2imds"
