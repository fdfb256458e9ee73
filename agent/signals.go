//go:build linux

package main

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
)

var signals = map[string]syscall.Signal{
	"ABRT": syscall.SIGABRT, "ALRM": syscall.SIGALRM, "BUS": syscall.SIGBUS, "CHLD": syscall.SIGCHLD,
	"CONT": syscall.SIGCONT, "FPE": syscall.SIGFPE, "HUP": syscall.SIGHUP, "ILL": syscall.SIGILL,
	"INT": syscall.SIGINT, "IO": syscall.SIGIO, "KILL": syscall.SIGKILL, "PIPE": syscall.SIGPIPE,
	"PROF": syscall.SIGPROF, "PWR": syscall.SIGPWR, "QUIT": syscall.SIGQUIT, "SEGV": syscall.SIGSEGV,
	"STOP": syscall.SIGSTOP, "SYS": syscall.SIGSYS, "TERM": syscall.SIGTERM, "TRAP": syscall.SIGTRAP,
	"TSTP": syscall.SIGTSTP, "TTIN": syscall.SIGTTIN, "TTOU": syscall.SIGTTOU, "URG": syscall.SIGURG,
	"USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2, "VTALRM": syscall.SIGVTALRM, "WINCH": syscall.SIGWINCH,
	"XCPU": syscall.SIGXCPU, "XFSZ": syscall.SIGXFSZ,
}

// The real-time signals as the C library numbers them: it keeps the kernel's first two for itself.
const (
	firstRealTime = 34
	lastRealTime  = 64
)

// signalByName knows HUP, SIGHUP, 1 and RTMIN+3.
func signalByName(name string) (syscall.Signal, error) {
	bare := strings.TrimPrefix(strings.ToUpper(name), "SIG")
	if known, ok := signals[bare]; ok {
		return known, nil
	}
	number, err := strconv.Atoi(bare)
	if offset, isRealTime := strings.CutPrefix(bare, "RTMIN"); isRealTime {
		number, err = realTime(firstRealTime, offset)
	}
	if offset, isRealTime := strings.CutPrefix(bare, "RTMAX"); isRealTime {
		number, err = realTime(lastRealTime, offset)
	}
	if err != nil || number < 1 || number > lastRealTime {
		return 0, fmt.Errorf("%s is no name of a signal", name)
	}
	return syscall.Signal(number), nil
}

func realTime(from int, offset string) (int, error) {
	if offset == "" {
		return from, nil
	}
	added, err := strconv.Atoi(offset)
	return from + added, err
}
