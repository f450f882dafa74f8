package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// StartOptions say which binary to load, and how.
type StartOptions struct {
	// Path is the lemexport binary.
	Path string
	// SHA256, when set, is the digest that the binary must have: 32 bytes. The
	// process is not started when it has another.
	SHA256 []byte
	// Env is added to the environment of this process, as "NAME=value".
	Env []string
	// Dir is the plugin's working folder, to which relative paths of a configuration
	// refer; empty for that of this process.
	Dir string
	// Log takes the plugin's log records, with their levels; nil for none.
	Log *slog.Logger
	// Stderr takes all that the plugin writes to standard error, log records too; nil
	// for nowhere.
	Stderr io.Writer
	// StartTimeout bounds the handshake; 0 is one minute.
	StartTimeout time.Duration
}

// Client is a plugin that runs. Its methods may be called at the same time.
type Client struct {
	process *goplugin.Client
	command *exec.Cmd
	service pluginv1.ExporterClient
	stderr  *tail
	sockets string
}

// Start starts the binary and shakes hands, with mutual TLS. Close ends the
// process. The errors of a binary that is no lemexport, that has another digest
// or speaks another version of the protocol say so.
func Start(ctx context.Context, options StartOptions) (*Client, error) {
	command := exec.Command(options.Path) //nolint:gosec,noctx // the host names the binary; Close ends it
	command.Env, command.Dir = options.Env, options.Dir
	stderr := &tail{to: options.Stderr}
	config := &goplugin.ClientConfig{
		HandshakeConfig:  handshake(),
		VersionedPlugins: versions(nil),
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:         true,
		Cmd:              command,
		Logger:           hostLog(options.Log),
		Stderr:           stderr,
		StartTimeout:     options.StartTimeout,
		GRPCDialOptions:  []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(largestMessage))},
	}
	secure, err := secureConfig(options.SHA256)
	if err != nil {
		return nil, err
	}
	config.SecureConfig = secure
	// The socket is where only this user can reach it, and goes with the client.
	sockets, err := makeSocketFolder(canListen)
	if err != nil {
		return nil, fmt.Errorf("start plugin: %w", err)
	}
	command.Env = append(command.Env, goplugin.EnvUnixSocketDir+"="+sockets)
	c := &Client{process: goplugin.NewClient(config), command: command, stderr: stderr, sockets: sockets}
	if err := c.connect(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("start plugin %s: %w", options.Path, c.explainStart(err))
	}
	return c, nil
}

// largestMessage bounds what one row may take.
const largestMessage = 1 << 30

// connect starts the process; the context ends the waiting for it.
func (c *Client) connect(ctx context.Context) error {
	stop := context.AfterFunc(ctx, c.process.Kill)
	defer stop()
	protocol, err := c.process.Client()
	if err == nil {
		err = protocol.Ping()
	}
	if err != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	service, err := protocol.Dispense(Name)
	if err != nil {
		return err
	}
	c.service = service.(pluginv1.ExporterClient)
	return nil
}

// Close ends the process: what runs is stopped first.
func (c *Client) Close() {
	c.process.Kill()
	_ = os.RemoveAll(c.sockets) //nolint:forbidigo // see Start; nothing but a socket is in it
}

// Service is the protocol itself, for what the typed calls do not show.
func (c *Client) Service() pluginv1.ExporterClient { return c.service }

// PID is the id of the plugin's process.
func (c *Client) PID() int { return c.command.Process.Pid } //nolint:forbidigo // of the process that this client started

// Stop ends all Reads and Exports, and then the process. It returns when they
// have ended, with their number.
func (c *Client) Stop(ctx context.Context) (int, error) {
	response, err := c.service.Stop(ctx, &pluginv1.StopRequest{})
	return int(response.GetEnded()), c.explain(err)
}

// Description is what a plugin says of itself.
type Description struct {
	Name, Version, Commit string
	Tables                []TableInfo
	// Formats are those that Export writes.
	Formats []string
}

// TableInfo describes a table.
type TableInfo struct {
	Name, Description string
	SchemaVersion     int
	SchemaFingerprint string
	// PrimaryKey are the columns that identify a row over all time.
	PrimaryKey []string
	// VersionColumn has its greatest value in a row's newest version.
	VersionColumn string
}

// Describe asks what the binary is and can do.
func (c *Client) Describe(ctx context.Context) (Description, error) {
	response, err := c.service.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		return Description{}, c.explain(err)
	}
	description := Description{
		Name: response.GetName(), Version: response.GetVersion(), Commit: response.GetCommit(), Formats: response.GetFormats(),
	}
	for _, table := range response.GetTables() {
		description.Tables = append(description.Tables, toTableInfo(table))
	}
	return description, nil
}

// Schema asks for a table's Arrow schema. An unknown table is an error that is
// [exporter.Diagnostics].
func (c *Client) Schema(ctx context.Context, table string) (*arrow.Schema, TableInfo, error) {
	response, err := c.service.GetSchema(ctx, &pluginv1.GetSchemaRequest{Table: table})
	if err != nil {
		return nil, TableInfo{}, c.explain(err)
	}
	if err := toDiagnostics(response.GetDiagnostics()).Err(); err != nil {
		return nil, TableInfo{}, err
	}
	schema, err := readSchema(response.GetArrowSchema())
	return schema, toTableInfo(response.GetTable()), err
}

// Validate checks a configuration in JSON, of the shape of the HCL file. The
// diagnostics are errors and warnings; the error is that of the transport.
func (c *Client) Validate(ctx context.Context, config []byte) (exporter.Diagnostics, error) {
	response, err := c.service.ValidateConfig(ctx, &pluginv1.ValidateConfigRequest{Config: &pluginv1.Config{Json: config}})
	return toDiagnostics(response.GetDiagnostics()), c.explain(err)
}

// Plan asks what a Read or an Export would do. The diagnostics are warnings; the
// error is [exporter.Diagnostics] when the configuration or the team is at fault.
func (c *Client) Plan(ctx context.Context, config []byte) (exporter.Plan, exporter.Diagnostics, error) {
	response, err := c.service.Plan(ctx, &pluginv1.PlanRequest{Config: &pluginv1.Config{Json: config}})
	if err != nil {
		return exporter.Plan{}, nil, c.explain(err)
	}
	diags := toDiagnostics(response.GetDiagnostics())
	if err := diags.Err(); err != nil {
		return exporter.Plan{}, diags, err
	}
	plan, err := toPlan(response.GetPlan())
	return plan, diags, err
}
