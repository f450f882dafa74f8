// Package client loads lemexport as a plugin into a host in Go: [Start] starts a
// binary and returns a [Client] with typed calls for the schema, a plan, record batches
// and finished exports.
//
// It speaks the protocol of plugin/proto through hashicorp/go-plugin, which the binary
// itself does not link. docs/plugin.md describes what a host in any language does.
package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/plugin"
	"github.com/lemexport/lemexport/plugin/convert"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// StartOptions say which binary to start, and how.
type StartOptions struct {
	// Path is the lemexport binary.
	Path string
	// SHA256, when set, is the digest that the binary must have: 32 bytes. A binary
	// with another digest is not started.
	SHA256 []byte
	// Env is added to the environment of this process, as "NAME=value", and goes first.
	Env []string
	// Dir is the plugin's working folder; relative paths in a configuration are
	// relative to it. Empty is the working folder of this process.
	Dir string
	// Log receives the plugin's log records, with their levels; nil discards them.
	Log *slog.Logger
	// Stderr receives everything that the plugin writes to standard error, including
	// log records; nil discards it.
	Stderr io.Writer
	// StartTimeout bounds the handshake; 0 means one minute.
	StartTimeout time.Duration
}

// Client calls a running plugin. Its methods may be called concurrently.
type Client struct {
	process *goplugin.Client
	command *exec.Cmd
	service pluginv1.ExporterClient
	stderr  *tail
	sockets string
}

// Start starts the binary and connects to it, with mutual TLS. Close ends the
// process. The error says when the binary is not lemexport, has another digest, or
// speaks another version of the protocol.
func Start(ctx context.Context, options StartOptions) (*Client, error) {
	command := exec.Command(options.Path) //nolint:gosec,noctx // the host names the binary; Close ends it
	// Of two values of a variable, the last one counts.
	command.Env, command.Dir = slices.Concat(os.Environ(), options.Env), options.Dir //nolint:forbidigo // for the process that this client starts
	stderr := &tail{to: options.Stderr}
	config := &goplugin.ClientConfig{
		HandshakeConfig:  goplugin.HandshakeConfig{MagicCookieKey: plugin.CookieKey, MagicCookieValue: plugin.CookieValue},
		VersionedPlugins: map[int]goplugin.PluginSet{plugin.ProtocolVersion: {plugin.Name: exporterPlugin{}}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:         true,
		Cmd:              command,
		SkipHostEnv:      true, // go-plugin would put it behind options.Env
		Logger:           hostLog(options.Log),
		Stderr:           stderr,
		StartTimeout:     options.StartTimeout,
		GRPCDialOptions:  []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageBytes))},
	}
	secure, err := secureConfig(options.SHA256)
	if err != nil {
		return nil, err
	}
	config.SecureConfig = secure
	// Only this user can reach the socket. Close removes its folder. The plugin chooses
	// another one where this cannot hold a socket, or cannot be made.
	sockets, err := os.MkdirTemp("", "lemexport-plugin-") //nolint:forbidigo // for the process that this client starts
	if err == nil {
		command.Env = append(command.Env, plugin.SocketDirVariable+"="+sockets)
	}
	c := &Client{process: goplugin.NewClient(config), command: command, stderr: stderr, sockets: sockets}
	if err := c.connect(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("start plugin %s: %w", options.Path, c.explainStart(err))
	}
	return c, nil
}

// maxMessageBytes bounds one message: a row is never split.
const maxMessageBytes = 1 << 30

// connect starts the process and waits for it until ctx ends.
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
	service, err := protocol.Dispense(plugin.Name)
	if err != nil {
		return err
	}
	c.service = service.(pluginv1.ExporterClient)
	return nil
}

// Close stops running calls and ends the process.
func (c *Client) Close() {
	c.process.Kill()
	_ = os.RemoveAll(c.sockets) //nolint:forbidigo // made by Start, for the socket alone
}

// explainStart adds to an error of the handshake what the process wrote, and a hint.
func (c *Client) explainStart(err error) error {
	if errors.Is(err, goplugin.ErrChecksumsDoNotMatch) {
		return exporter.WithHint(errors.New("the binary was not started: its SHA-256 digest is not the expected one"),
			"Install the binary again from the source of the digest.")
	}
	written := c.stderr.quote()
	if ended := c.command.ProcessState; written != "" && ended != nil && ended.ExitCode() > 0 { //nolint:forbidigo // of the process that this client started
		// The process ended by itself and wrote the reason; go-plugin's error is a guess.
		err = fmt.Errorf("the plugin ended before the handshake%s%s", c.exitState(), written)
	} else {
		err = fmt.Errorf("%w%s", err, written)
	}
	return exporter.WithHint(err,
		"Check that it is a lemexport binary for this machine, and that it speaks the protocol version of this host.")
}

// explain adds to an error of the transport how the process ended, and a hint.
func (c *Client) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case c.process.Exited() || status.Code(err) == codes.Unavailable:
		return exporter.WithHint(fmt.Errorf("%w%s: %w%s", ErrPluginGone, c.exitState(), err, c.stderr.quote()),
			"Start it again. A Read continues from its last checkpoint.")
	}
	return err
}

// exitState says how the process ended; "" while it is running.
func (c *Client) exitState() string {
	if !c.process.Exited() || c.command.ProcessState == nil {
		return ""
	}
	return " (" + c.command.ProcessState.String() + ")" //nolint:forbidigo // of the process that this client started
}

func secureConfig(digest []byte) (*goplugin.SecureConfig, error) {
	switch len(digest) {
	case 0:
		return nil, nil //nolint:nilnil // no check was requested
	case sha256.Size:
		return &goplugin.SecureConfig{Checksum: digest, Hash: sha256.New()}, nil
	}
	return nil, fmt.Errorf("invalid SHA-256 digest of %d bytes: it must have %d", len(digest), sha256.Size)
}

// Service gives access to all fields of the protocol, which the typed calls do not cover.
func (c *Client) Service() pluginv1.ExporterClient { return c.service }

// PID returns the id of the plugin's process.
func (c *Client) PID() int { return c.command.Process.Pid } //nolint:forbidigo // of the process that this client started

// Stop ends all running calls and then the process. It returns the number of calls
// after they have ended.
func (c *Client) Stop(ctx context.Context) (int, error) {
	response, err := c.service.Stop(ctx, &pluginv1.StopRequest{})
	return int(response.GetEnded()), c.explain(err)
}

// Description describes a plugin.
type Description struct {
	Name, Version, Commit string
	Tables                []TableInfo
	// Formats are the file formats that Export writes.
	Formats []string
}

// TableInfo describes a table.
type TableInfo struct {
	Name, Description string
	SchemaVersion     int
	SchemaFingerprint string
	// PrimaryKey are the columns that identify a row over all time.
	PrimaryKey []string
	// VersionColumn has its greatest value in the newest version of a row; empty for
	// a table that has only one version of a row.
	VersionColumn string
	// Modes are the modes of its exports, for instance "snapshot".
	Modes []string
	// PartitionBy is "user" for a table that the API lists by user, and empty for a table
	// of the whole team.
	PartitionBy string
}

// Describe returns the version, the tables and the formats of the plugin.
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

func toTableInfo(message *pluginv1.TableInfo) TableInfo {
	return TableInfo{
		Name: message.GetName(), Description: message.GetDescription(), SchemaVersion: int(message.GetSchemaVersion()),
		SchemaFingerprint: message.GetSchemaFingerprint(), PrimaryKey: message.GetPrimaryKey(), VersionColumn: message.GetVersionColumn(),
		Modes: message.GetModes(), PartitionBy: message.GetPartitionBy(),
	}
}

// Schema returns a table's Arrow schema. The error for an unknown table is
// [exporter.Diagnostics].
func (c *Client) Schema(ctx context.Context, table string) (*arrow.Schema, TableInfo, error) {
	response, err := c.service.GetSchema(ctx, &pluginv1.GetSchemaRequest{Table: table})
	if err != nil {
		return nil, TableInfo{}, c.explain(err)
	}
	if err := convert.ToDiagnostics(response.GetDiagnostics()).Err(); err != nil {
		return nil, TableInfo{}, err
	}
	schema, err := readSchema(response.GetArrowSchema())
	return schema, toTableInfo(response.GetTable()), err
}

// readSchema reads the schema at the start of an Arrow IPC stream.
func readSchema(message []byte) (*arrow.Schema, error) {
	reader, err := ipc.NewReader(bytes.NewReader(message))
	if err != nil {
		return nil, fmt.Errorf("decode schema: %w", err)
	}
	defer reader.Release()
	return reader.Schema(), nil
}

// Validate checks a configuration in JSON, which has the structure of the HCL file.
// The diagnostics are errors and warnings; the error comes from the transport.
func (c *Client) Validate(ctx context.Context, config []byte) (exporter.Diagnostics, error) {
	response, err := c.service.ValidateConfig(ctx, &pluginv1.ValidateConfigRequest{Config: &pluginv1.Config{Json: config}})
	return convert.ToDiagnostics(response.GetDiagnostics()), c.explain(err)
}

// Plan returns what a Read or an Export would do. The diagnostics are warnings. The
// error is [exporter.Diagnostics] when the configuration or the team is the cause.
func (c *Client) Plan(ctx context.Context, config []byte) (engine.Plan, exporter.Diagnostics, error) {
	response, err := c.service.Plan(ctx, &pluginv1.PlanRequest{Config: &pluginv1.Config{Json: config}})
	if err != nil {
		return engine.Plan{}, nil, c.explain(err)
	}
	diags := convert.ToDiagnostics(response.GetDiagnostics())
	if err := diags.Err(); err != nil {
		return engine.Plan{}, diags, err
	}
	plan, err := convert.ToPlan(response.GetPlan())
	return plan, diags, err
}

// Read prepares a read. The call begins when Records is ranged over.
func (c *Client) Read(request ReadRequest) *Reading {
	return &Reading{client: c, request: request}
}

// Export makes the plugin write the files of a configuration and returns when they
// are committed. The error wraps [exporter.ErrIncomplete] when a table could not be
// proven complete, and [engine.ErrShrunk] when a file would lose too many rows.
func (c *Client) Export(ctx context.Context, request ExportRequest) (ExportResult, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.service.Export(ctx, fromExportRequest(request))
	if err != nil {
		return ExportResult{}, c.explain(err)
	}
	for {
		message, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return ExportResult{}, errNoResult
		case err != nil:
			return ExportResult{}, c.explain(err)
		case message.GetResult() != nil:
			result, err := toExportResult(message.GetResult())
			return result, errors.Join(err, statusError(message.GetResult().GetOutcome(), result.Diagnostics))
		case message.GetEvent() != nil && request.OnEvent != nil:
			request.OnEvent(message.GetEvent())
		}
	}
}
