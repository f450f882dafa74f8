//go:build !no_s3

package s3

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

func TestMissingCredentialsNameWhatWasTried(t *testing.T) {
	for name, test := range map[string]struct {
		err   error
		named bool
	}{
		"nothing is set":        {&smithy.OperationError{ServiceID: machineRole, OperationName: "GetMetadata", Err: errors.New("404")}, true},
		"a login has expired":   {errors.New("the SSO session has expired"), false},
		"a role cannot be used": {&smithy.OperationError{ServiceID: "STS", OperationName: "AssumeRole", Err: errors.New("403")}, false},
	} {
		provider := explaining{aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, test.err }), "work"}
		_, err := provider.Retrieve(t.Context())
		if !errors.Is(err, test.err) {
			t.Errorf("%s: %v", name, err)
		}
		for _, tried := range []string{"AWS_ACCESS_KEY_ID", `profile "work"`, "IMDS"} {
			if strings.Contains(err.Error(), tried) != test.named {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
