package storetest

import (
	"context"
	"errors"
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
	// leftovers counts unfinished uploads, where they can be seen.
	leftovers func(ctx context.Context) (int, error)
}

// servers are those that run, by scheme.
var servers = map[string]*server{}

var folders atomic.Int64

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
			test(t, s)
		})
	}
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if role := os.Getenv(childRole); role != "" {
		return childMain()
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
	data, side := filepath.Join(root, "data"), filepath.Join(root, "meta")
	if err := errors.Join(os.MkdirAll(filepath.Join(data, bucketName), 0o755), os.MkdirAll(side, 0o755)); err != nil {
		return nil, err
	}
	cars, err := meta.NewSideCar(side)
	if err != nil {
		return nil, err
	}
	backend, err := posix.New(data, cars, posix.PosixOpts{SideCarDir: side})
	if err != nil {
		return nil, err
	}
	s := &server{name: "s3", direct: freeAddress(), proxied: freeAddress(), query: func(address string) string {
		return "endpoint=http://" + address + "&use_path_style=true&region=us-east-1"
	}}
	s.leftovers = func(context.Context) (int, error) {
		left, err := filepath.Glob(filepath.Join(data, bucketName, ".sgwtmp", "multipart", "*", "*"))
		return len(left), err
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
	s.leftovers = func(context.Context) (int, error) { return 0, nil }
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
	s.leftovers = func(ctx context.Context) (left int, err error) {
		pages := client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Include: container.ListBlobsInclude{UncommittedBlobs: true}})
		for pages.More() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return 0, err
			}
			for _, blob := range page.Segment.BlobItems {
				if blob.Properties.ContentLength == nil || *blob.Properties.ContentLength == 0 {
					left++
				}
			}
		}
		return left, nil
	}
	s.proxy = proxyTo("azblob", s.proxied, s.direct)
	servers["azblob"] = s
	return nil
}
