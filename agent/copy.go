//go:build linux

package main

import (
	"io"
	"os"
	"path/filepath"
)

// copySelf puts this program at a path, for images without a program that copies; never half of it.
func copySelf(destination string) error {
	path, err := filepath.Abs(destination)
	if err != nil {
		return err
	}
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer self.Close()
	t := newTree()
	made, err := t.begin(path, 0o755, true)
	if err != nil {
		return err
	}
	if _, err := io.Copy(made.file, self); err != nil {
		made.forget()
		return err
	}
	return made.commit()
}
