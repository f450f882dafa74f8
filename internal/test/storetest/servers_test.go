package storetest

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/fsouza/fake-gcs-server/fakestorage"
	"github.com/rs/zerolog"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

// bucketName is that of the one bucket, or container, of every server.
const bucketName = "lake"

// Azurite's account is public knowledge (its README).
const (
	azuriteAccount = "devstoreaccount1"
	azuriteKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// server is an object store, and a proxy before it that can break.
type server struct {
	name string
	// direct and proxied are its addresses.
	direct, proxied string
	proxy           *toxiproxy.Proxy
	// query is the query of a destination's URL for an address.
	query func(address string) string
	// list gives the keys of the visible objects below a folder.
	list func(ctx context.Context, folder string) ([]string, error)
	// leftovers counts unfinished uploads below a folder, where they can be seen.
	leftovers func(ctx context.Context, folder string) (int, error)
}

// servers are those that run, by scheme.
var servers = map[string]*server{}

var folders atomic.Int64

// sources is this folder: versitygw changes the working folder.
var sources string

// folder is a destination's folder that no other test uses.
func folder() string { return fmt.Sprintf("acme/%d-%d", os.Getpid(), folders.Add(1)) }

// at is the URL of a folder, directly or through the proxy.
func (s *server) at(address, folder string) string {
	return fmt.Sprintf("%s://%s/%s?%s", s.name, bucketName, folder, s.query(address))
}

// each runs a test against every server.
func each(t *testing.T, test func(t *testing.T, s *server)) {
	for _, name := range []string{"s3", "gs", "azblob"} {
		t.Run(name, func(t *testing.T) {
			s := servers[name]
			if s == nil {
				t.Skip("AZURITE IS NOT RUNNING: set AZURITE to the address of its blob service, as .ci/run does")
			}
			t.Parallel() // every server has a proxy of its own
			test(t, s)
		})
	}
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if role := os.Getenv(childRole); role != "" {
		return childMain()
	}
	var err error
	if sources, err = os.Getwd(); err != nil {
		panic(err)
	}
	root, err := os.MkdirTemp("", "storetest")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(root)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "root", "AWS_SECRET_ACCESS_KEY": "root-secret", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AZURE_STORAGE_ACCOUNT": azuriteAccount, "AZURE_STORAGE_KEY": azuriteKey,
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopS3, err := startS3(ctx, root)
	if err == nil {
		err = startGCS(root)
	}
	if address := os.Getenv("AZURITE"); err == nil && address != "" {
		err = startAzure(ctx, address)
	}
	if err != nil {
		panic(err)
	}
	status := m.Run()
	cancel()
	if err := stopS3(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

// freeAddress is one that nobody listens on.
func freeAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// proxyTo starts a proxy on an address.
func proxyTo(name, listen, upstream string) *toxiproxy.Proxy {
	log := zerolog.New(io.Discard)
	proxy := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), log), name, listen, upstream)
	if err := proxy.Start(); err != nil {
		panic(err)
	}
	return proxy
}

func startS3(ctx context.Context, root string) (stop func() error, err error) {
	data := filepath.Join(root, "data")
	if err := os.MkdirAll(filepath.Join(data, bucketName), 0o755); err != nil {
		return nil, err
	}
	// With its metadata in files of their own versitygw would show, for a moment, an
	// old ETag over new bytes: it has to keep them in attributes of the file.
	attributes := meta.XattrMeta{}
	if err := attributes.Test(data); err != nil {
		return nil, fmt.Errorf("TMPDIR needs a file system with extended attributes: %w", err)
	}
	backend, err := posix.New(data, attributes, posix.PosixOpts{})
	if err != nil {
		return nil, err
	}
	s := &server{name: "s3", direct: freeAddress(), proxied: freeAddress(), query: func(address string) string {
		return "endpoint=http://" + address + "&use_path_style=true&region=us-east-1"
	}}
	client := s3.New(s3.Options{
		BaseEndpoint: aws.String("http://" + s.direct), UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("root", "root-secret", ""),
	})
	s.list = func(ctx context.Context, folder string) (keys []string, err error) {
		page, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(bucketName), Prefix: aws.String(folder + "/")})
		if err != nil {
			return nil, err
		}
		for _, object := range page.Contents {
			keys = append(keys, *object.Key)
		}
		return keys, nil
	}
	s.leftovers = func(ctx context.Context, folder string) (int, error) {
		page, err := client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: aws.String(bucketName), Prefix: aws.String(folder + "/")})
		if err != nil {
			return 0, err
		}
		return len(page.Uploads), nil
	}
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		ended <- embedgw.RunVersityGW(ctx, backend, &embedgw.Config{
			RootUserAccess: "root", RootUserSecret: "root-secret", Ports: []string{s.direct}, Quiet: true, KeepAlive: true,
			MaxConnections: 1000, MaxRequests: 500, MultipartMaxParts: 10000,
		})
	}()
	s.proxy = proxyTo("s3", s.proxied, s.direct)
	servers["s3"] = s
	return func() error { cancel(); return <-ended }, waitFor(s.direct)
}

func waitFor(address string) error {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return conn.Close()
		}
		<-time.After(10 * time.Millisecond)
	}
	return fmt.Errorf("nobody listens on %s", address)
}

func startGCS(root string) error {
	s := &server{name: "gs", direct: freeAddress(), proxied: freeAddress(), query: func(address string) string {
		return "endpoint=http://" + address + "&anonymous=true"
	}}
	host, port, err := net.SplitHostPort(s.direct)
	if err != nil {
		return err
	}
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		return err
	}
	gcs, err := fakestorage.NewServerWithOptions(fakestorage.Options{
		Scheme: "http", Host: host, Port: uint16(number), PublicHost: s.direct, StorageRoot: filepath.Join(root, "gcs"),
		// Resumable uploads go where the server says.
		ExternalURL: "http://" + s.proxied,
	})
	if err != nil {
		return err
	}
	gcs.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: bucketName})
	s.proxy = proxyTo("gs", s.proxied, s.direct)
	s.list = func(_ context.Context, folder string) (keys []string, err error) {
		page, err := gcs.ListObjectsWithOptionsPaginated(bucketName, fakestorage.ListOptions{Prefix: folder + "/"})
		for _, object := range page.Objects {
			keys = append(keys, object.Name)
		}
		return keys, err
	}
	// Sessions of resumable uploads cannot be listed. They end after a week.
	s.leftovers = func(context.Context, string) (int, error) { return 0, nil }
	servers["gs"] = s
	return waitFor(s.direct)
}

func startAzure(ctx context.Context, address string) error {
	s := &server{name: "azblob", direct: address, proxied: freeAddress(), query: func(address string) string {
		return "protocol=http&localemu=true&domain=" + address
	}}
	credential, err := azblob.NewSharedKeyCredential(azuriteAccount, azuriteKey)
	if err != nil {
		return err
	}
	client, err := container.NewClientWithSharedKeyCredential(fmt.Sprintf("http://%s/%s/%s", address, azuriteAccount, bucketName), credential, nil)
	if err != nil {
		return err
	}
	if _, err := client.Create(ctx, nil); err != nil && !strings.Contains(err.Error(), "ContainerAlreadyExists") {
		return err
	}
	list := func(ctx context.Context, folder string, uncommitted bool) (keys []string, err error) {
		page, err := client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{
			Prefix: new(folder + "/"), Include: container.ListBlobsInclude{UncommittedBlobs: uncommitted},
		}).NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, blob := range page.Segment.BlobItems {
			keys = append(keys, *blob.Name)
		}
		return keys, nil
	}
	s.list = func(ctx context.Context, folder string) ([]string, error) { return list(ctx, folder, false) }
	// Blocks of a blob that was never committed. Those beside a committed blob
	// cannot be seen here; its next commit drops them.
	s.leftovers = func(ctx context.Context, folder string) (int, error) {
		committed, err := list(ctx, folder, false)
		if err != nil {
			return 0, err
		}
		all, err := list(ctx, folder, true)
		return len(all) - len(committed), err
	}
	s.proxy = proxyTo("azblob", s.proxied, s.direct)
	servers["azblob"] = s
	return nil
}
