// Package process gives every task of the benchmark a process of its own, and
// measures that process as a whole.
package process

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// word, as the first argument, makes a program do one task and say on standard
// output what only it knows about itself.
const word = "task"

// Task is work for one process.
type Task struct {
	// Kind finds the Work.
	Kind string `json:"kind"`
	// Name is that of the contestant.
	Name string `json:"name,omitempty"`
	// Pages is the file of pages to read, Out the file to write.
	Pages string `json:"pages,omitempty"`
	Out   string `json:"out"`
	// Before is the file that Pages are changes of.
	Before        string `json:"before,omitempty"`
	Conversations int    `json:"conversations,omitempty"`
	Changes       int    `json:"changes,omitempty"`
	// Newest says that only the newest conversations change.
	Newest bool `json:"newest,omitempty"`
	// Workers is the number of cores; 0 takes all.
	Workers int `json:"workers,omitempty"`
	// Mode is that of the export: of the engine's contestants only.
	Mode string `json:"mode,omitempty"`
	// Endpoint is that of a simulation, for a task that reads one over HTTP.
	Endpoint string `json:"endpoint,omitempty"`
}

// Work does a task. It returns the CPU time of the part that counts; 0 when the
// whole process does.
type Work func(ctx context.Context, task Task) (part time.Duration, err error)

// Usage is what a task took.
type Usage struct {
	CPU, Part, Wall time.Duration
	// Peak is the most memory of the process, Size that of the file it wrote, in bytes.
	Peak, Size int64
	// Disk is the most that the files held at once that the process had open for writing,
	// in bytes, as far as a look every few milliseconds tells; never less than Size.
	Disk int64
}

func (u Usage) String() string {
	return fmt.Sprintf("cpu %6.2f s  wall %6.2f s  peak %4d MiB  disk %6.1f MiB  file %6.1f MiB",
		u.CPU.Seconds(), u.Wall.Seconds(), u.Peak>>20, float64(u.Disk)/(1<<20), float64(u.Size)/(1<<20))
}

// told is what a task says about its process.
type told struct {
	Peak int64         `json:"peak"`
	Part time.Duration `json:"part"`
}

// Run lets a program do the task, and waits for its end.
func (t Task) Run(ctx context.Context, program string) (Usage, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return Usage{}, err
	}
	var out bytes.Buffer
	command := exec.CommandContext(ctx, program, word, string(text))
	command.Stdout, command.Stderr = &out, os.Stderr
	took, err := Run(command)
	if err != nil {
		return Usage{}, fmt.Errorf("%s %s: %w", t.Kind, t.Name, err)
	}
	var told told
	if err := json.Unmarshal(out.Bytes(), &told); err != nil {
		return Usage{}, fmt.Errorf("%s %s: what it says of itself: %w", t.Kind, t.Name, err)
	}
	took.Peak, took.Part = told.Peak, told.Part
	if info, err := os.Stat(t.Out); err == nil {
		took.Size = info.Size()
		took.Disk = max(took.Disk, took.Size)
	}
	return took, nil
}

// Asked is the task that a program's arguments ask for.
func Asked(args []string) (text string, ok bool) {
	if len(args) != 3 || args[1] != word {
		return "", false
	}
	return args[2], true
}

// Main is the main function of a program that does nothing but tasks.
func Main(name string, works map[string]Work) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := errors.New("bench runs this")
	if text, ok := Asked(os.Args); ok {
		err = Perform(ctx, text, works)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Perform does a task in this process.
func Perform(ctx context.Context, text string, works map[string]Work) error {
	var task Task
	if err := json.Unmarshal([]byte(text), &task); err != nil {
		return err
	}
	do, ok := works[task.Kind]
	if !ok {
		return fmt.Errorf("no task is called %q", task.Kind)
	}
	if task.Workers > 0 {
		runtime.GOMAXPROCS(task.Workers)
	}
	part, err := do(ctx, task)
	if err != nil {
		return err
	}
	most, err := peak()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(told{Peak: most, Part: part})
}

// peak is the most memory that this process has held. The parent's account of it
// (ru_maxrss) would not do: Go starts a process in the parent's memory, and the
// kernel counts the parent's peak as the child's.
func peak() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, after, found := bytes.Cut(status, []byte("VmHWM:"))
	if !found {
		return 0, errors.New("the kernel does not tell the peak")
	}
	var kib int64
	if _, err := fmt.Sscan(string(after), &kib); err != nil {
		return 0, err
	}
	return kib << 10, nil
}

// CPU is the CPU time of this process so far.
func CPU() (time.Duration, error) {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0, err
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()), nil
}
