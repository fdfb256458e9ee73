//go:build linux

package main

import (
	"syscall"
	"unsafe"
)

// isTerminal tells a terminal from other devices as the C library does: only it has settings.
func isTerminal(descriptor uintptr) bool {
	var settings syscall.Termios
	_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, descriptor, syscall.TCGETS, uintptr(unsafe.Pointer(&settings)))
	return failed == 0
}
