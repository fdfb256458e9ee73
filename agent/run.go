//go:build linux

package main

import (
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

type runOptions struct {
	// What asks the service to end before it is started anew.
	stop syscall.Signal
	// How long it may take for that.
	grace   time.Duration
	command []string
}

func parseRun(arguments []string) (runOptions, error) {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	name := flags.String("stop-signal", "TERM", "")
	seconds := flags.Float64("grace", 10, "")
	if err := flags.Parse(arguments); err != nil {
		return runOptions{}, err
	}
	stop, err := signalByName(*name)
	if err != nil {
		return runOptions{}, err
	}
	if *seconds < 0 {
		return runOptions{}, errors.New("--grace is a time, which is not negative")
	}
	if flags.NArg() == 0 {
		return runOptions{}, errors.New("run needs a command")
	}
	return runOptions{stop: stop, grace: time.Duration(*seconds * float64(time.Second)), command: flags.Args()}, nil
}

// supervisor keeps one service running, and starts it anew when asked. All of it happens in one loop, so nothing in it is shared.
type supervisor struct {
	options runOptions
	// The process of the service, which leads a group of its own; 0 while there is none.
	service int
	// It has ended, with this code; others of its group may still run.
	hasEnded bool
	code     int
	// A new start was asked for, and the old process is on its way out.
	isDue    bool
	deadline *time.Timer
	// Somebody outside ends the container: nothing is started any more.
	isEnding bool
	failures int
}

// run gives back the exit code of the service, 128 and the signal's number where a signal ended it.
func run(options runOptions) int {
	// Orphans come to us also where we are not the first process.
	const prSetChildSubreaper = 36
	syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0)

	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	restarts := make(chan os.Signal, 1)
	signal.Notify(restarts, restartSignal)
	// Caught, so that a log that nobody reads any more does not end us; and not ignored, which the service would inherit.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	others := make(chan os.Signal, 64)
	signal.Notify(others, passedOn()...)

	s := &supervisor{options: options, deadline: time.NewTimer(time.Hour)}
	s.deadline.Stop()
	// Whoever looks for a run finds it from now on.
	show(0)
	if err := s.begin(); err != nil {
		complain(err.Error())
		return codeOf(err)
	}
	for {
		select {
		case <-children:
			s.reap()
		case received := <-others:
			s.pass(received.(syscall.Signal))
		case <-restarts:
			s.restart()
		case <-s.deadline.C:
			s.kill()
		}
		if isOver, code := s.turn(); isOver {
			return code
		}
	}
}

// passedOn is every signal that can be caught, but for those that the kernel or the Go runtime sends to us on our own account.
func passedOn() []os.Signal {
	own := map[syscall.Signal]bool{
		syscall.SIGKILL: true, syscall.SIGSTOP: true, syscall.SIGCHLD: true, syscall.SIGURG: true, syscall.SIGPIPE: true,
		syscall.SIGSEGV: true, syscall.SIGBUS: true, syscall.SIGFPE: true, syscall.SIGILL: true, syscall.SIGTRAP: true,
		syscall.SIGSYS: true, 32: true, 33: true, restartSignal: true,
	}
	var all []os.Signal
	for number := syscall.Signal(1); number <= lastRealTime; number++ {
		if !own[number] {
			all = append(all, number)
		}
	}
	return all
}

func (s *supervisor) begin() error {
	path, err := exec.LookPath(s.options.command[0])
	if err != nil {
		return err
	}
	attributes := &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{0, 1, 2},
		// On a terminal, the group that may read from it is the service's.
		Sys: &syscall.SysProcAttr{Setpgid: true, Foreground: isTerminal(0)},
	}
	pid, err := syscall.ForkExec(path, s.options.command, attributes)
	if err != nil && attributes.Sys.Foreground {
		attributes.Sys.Foreground = false
		pid, err = syscall.ForkExec(path, s.options.command, attributes)
	}
	if err != nil {
		return &fs.PathError{Op: "start", Path: path, Err: err}
	}
	s.service, s.hasEnded, s.isDue = pid, false, false
	show(pid)
	return nil
}

// show is how others learn which process the service is; see find.go.
func show(service int) {
	if err := os.WriteFile("/proc/self/comm", []byte(titleBegins+strconv.Itoa(service)), 0); err != nil {
		complain("restarts from outside will not work: " + err.Error())
	}
}

// reap takes what has ended: the service, and every orphan.
func (s *supervisor) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if pid != s.service {
			continue
		}
		s.hasEnded = true
		s.code = status.ExitStatus()
		if status.Signaled() {
			s.code = 128 + int(status.Signal())
		}
	}
}

// pass hands a signal from outside to the service.
func (s *supervisor) pass(received syscall.Signal) {
	if received == syscall.SIGTERM || received == s.options.stop {
		s.isEnding, s.isDue = true, false
	}
	if s.service == 0 {
		s.hasEnded = s.isEnding || received == syscall.SIGINT
		s.code = 128 + int(received)
		return
	}
	if !s.hasEnded {
		syscall.Kill(s.service, received)
	}
}

func (s *supervisor) restart() {
	if s.isDue || s.isEnding {
		return
	}
	s.isDue = true
	if s.service == 0 {
		return
	}
	syscall.Kill(-s.service, s.options.stop)
	s.deadline.Reset(s.options.grace)
}

// kill ends what has outlived its time. Of those whose parent is another process we do not hear, so we look again.
func (s *supervisor) kill() {
	if s.isDue && s.service != 0 {
		syscall.Kill(-s.service, syscall.SIGKILL)
		s.deadline.Reset(20 * time.Millisecond)
	}
}

// turn starts the service anew where that is due and the way is free: nobody of the old group may hold what the new one needs.
func (s *supervisor) turn() (isOver bool, code int) {
	if s.hasEnded && !s.isDue {
		return true, s.code
	}
	if !s.isDue || s.service != 0 && (!s.hasEnded || isGroupAlive(s.service)) {
		return false, 0
	}
	s.deadline.Stop()
	if err := s.begin(); err != nil {
		// The next edit may cure it: the container stays.
		complain(err.Error())
		s.failures++
		s.service, s.hasEnded, s.isDue = 0, false, false
		show(-s.failures)
	}
	return false, 0
}

func isGroupAlive(leader int) bool {
	return syscall.Kill(-leader, 0) == nil
}

// codeOf is what a shell gives for a command that it cannot start.
func codeOf(err error) int {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return 127
	}
	return 126
}
