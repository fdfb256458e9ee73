//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A run shows itself by its title: this, and the pid of the process of the service; 0 before the first one, and below 0, another
// number each time, where one could not be started. A title needs no file, no rights and no writable folder. The shell's run (src/dev/channel/shell-run-program.ts) does the same, so each is understood by both.
const titleBegins = "iamrun:"

// The signal that asks a run for a new start: a real-time one, because services have a meaning for all others.
const restartSignal = syscall.Signal(40)

const pollInterval = 2 * time.Millisecond

var errNoRun = errors.New("nothing inside restarts the process of the service")

type foundRun struct {
	pid int
	// The process of the service; 0 or below while there is none.
	service int
}

// findRun looks among the processes of this container only: where containers share their processes, the root tells them apart.
func findRun() (foundRun, error) {
	titles, err := filepath.Glob("/proc/[1-9]*/comm")
	if err != nil {
		return foundRun{}, err
	}
	for _, title := range titles {
		process := filepath.Dir(title)
		pid, err := strconv.Atoi(filepath.Base(process))
		if err != nil {
			continue
		}
		service, err := serviceOf(pid)
		if err == nil && isOfThisContainer(process) && isNamedLikeUs(process) {
			return foundRun{pid: pid, service: service}, nil
		}
	}
	return foundRun{}, errNoRun
}

func serviceOf(pid int) (int, error) {
	title, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return 0, err
	}
	service, isRun := strings.CutPrefix(strings.TrimSpace(string(title)), titleBegins)
	if !isRun {
		return 0, errNoRun
	}
	return strconv.Atoi(service)
}

func isOfThisContainer(process string) bool {
	ours, err := os.Stat("/")
	if err != nil {
		return false
	}
	theirs, err := os.Stat(process + "/root")
	return err == nil && os.SameFile(ours, theirs)
}

// isNamedLikeUs tells several runs of one container apart, where IAMSTACK_RUN names them.
func isNamedLikeUs(process string) bool {
	name := os.Getenv("IAMSTACK_RUN")
	if name == "" {
		return true
	}
	environment, err := os.ReadFile(process + "/environ")
	return err == nil && bytes.Contains(environment, []byte("IAMSTACK_RUN="+name))
}

// requestRestart comes back when the new process of the service was started.
func requestRestart() error {
	found, err := findRun()
	if err != nil {
		return err
	}
	if err := syscall.Kill(found.pid, restartSignal); err != nil {
		return fmt.Errorf("the process of the service: %w", err)
	}
	for {
		service, err := serviceOf(found.pid)
		switch {
		case err != nil:
			return errNoRun
		case service != found.service && service > 0:
			return nil
		case service != found.service:
			return errors.New("the process of the service could not be started again")
		}
		time.Sleep(pollInterval)
	}
}

// signalService signals what run started; without a run, the first process of the container is the service or passes it on.
func signalService(name string) error {
	number, err := signalByName(name)
	if err != nil {
		return err
	}
	target := 1
	found, err := findRun()
	switch {
	case err == nil && found.service <= 0:
		return errors.New("the process of the service does not run")
	case err == nil:
		target = found.service
	case !isOfThisContainer("/proc/1"):
		return errors.New("the first process is not one of this container, or of another user")
	}
	if err := syscall.Kill(target, number); err != nil {
		return fmt.Errorf("the process of the service: %w", err)
	}
	return nil
}
