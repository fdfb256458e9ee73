//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// tree is the file system of the container, as one session changes it.
type tree struct {
	isRoot bool
	// Temporary names are numbered, and carry our pid, so that a later run can tell whose they are.
	number int
}

func newTree() tree { return tree{isRoot: os.Geteuid() == 0} }

// incoming is a file that is not there yet: its content is gathered beside the place it will have.
type incoming struct {
	file      *os.File
	path      string
	temporary string
	mode      os.FileMode
	tree      *tree
}

func (t *tree) begin(path string, mode os.FileMode, isFresh bool) (*incoming, error) {
	temporary, err := t.beside(path, isFresh)
	if err != nil {
		return nil, err
	}
	// O_EXCL: a link that somebody laid there is never written through.
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &incoming{file: file, path: path, temporary: temporary, mode: mode, tree: t}, nil
}

func (i *incoming) write(data []byte) error {
	_, err := i.file.Write(data)
	return err
}

// commit puts the file into its place, in one step for whoever reads there.
func (i *incoming) commit() error {
	err := i.settle()
	if err != nil {
		os.Remove(i.temporary)
	}
	return err
}

func (i *incoming) settle() error {
	err := i.tree.giveTo(i.temporary, likeOf(i.path))
	if err == nil {
		err = syscall.Fchmod(int(i.file.Fd()), uint32(i.mode)&0o7777)
	}
	if closed := i.file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(i.temporary, i.path)
}

func (i *incoming) forget() {
	i.file.Close()
	os.Remove(i.temporary)
}

func (t *tree) link(path, target string, isFresh bool) error {
	temporary, err := t.beside(path, isFresh)
	if err != nil {
		return err
	}
	if err := os.Symlink(target, temporary); err != nil {
		return err
	}
	err = t.giveTo(temporary, filepath.Dir(path))
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		os.Remove(temporary)
	}
	return err
}

// makeFolder makes those above it too; each belongs to whom the one above it belongs.
func (t *tree) makeFolder(path string) error {
	found, err := os.Stat(path)
	if err == nil {
		if found.IsDir() {
			return nil
		}
		return &fs.PathError{Op: "mkdir", Path: path, Err: syscall.ENOTDIR}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	above := filepath.Dir(path)
	if err := t.makeFolder(above); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		if again, failed := os.Stat(path); failed == nil && again.IsDir() {
			return nil
		}
		return err
	}
	return t.giveTo(path, above)
}

// remove leaves nothing at the path; what is not there is as wished.
func remove(path string) error {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.RemoveAll(path)
}

// beside chooses a temporary name for what is to be at the path, in a folder that is there.
func (t *tree) beside(path string, isFresh bool) (string, error) {
	if found, err := os.Lstat(path); err == nil && found.IsDir() {
		return "", &fs.PathError{Op: "replace", Path: path, Err: syscall.EISDIR}
	}
	folder := filepath.Dir(path)
	if err := t.makeFolder(folder); err != nil {
		return "", err
	}
	if isFresh {
		sweep(folder)
	}
	t.number++
	return filepath.Join(folder, fmt.Sprintf(".iamstack-%d-%d~", os.Getpid(), t.number)), nil
}

// sweep removes the temporary names that a run which is gone left in a folder. That it cannot is no reason to write nothing.
func sweep(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if owner, ok := ownerOfTemporary(entry.Name()); ok && (owner == os.Getpid() || !isAlive(owner)) {
			os.Remove(filepath.Join(folder, entry.Name()))
		}
	}
}

func ownerOfTemporary(name string) (int, bool) {
	middle, isOurs := strings.CutPrefix(name, ".iamstack-")
	middle, isWhole := strings.CutSuffix(middle, "~")
	pid, number, isPair := strings.Cut(middle, "-")
	owner, err := strconv.Atoi(pid)
	_, failed := strconv.Atoi(number)
	return owner, isOurs && isWhole && isPair && err == nil && failed == nil
}

func isAlive(pid int) bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	return err == nil
}

// likeOf is what a file at the path is to be owned like: the one that is there, else its folder.
func likeOf(path string) string {
	if found, err := os.Lstat(path); err == nil && found.Mode()&fs.ModeSymlink == 0 {
		return path
	}
	return filepath.Dir(path)
}

// giveTo gives what we made to the owner of something else: what root writes into the tree of another user stays that user's.
func (t *tree) giveTo(path, like string) error {
	if !t.isRoot {
		return nil
	}
	var owner, own syscall.Stat_t
	if err := syscall.Stat(like, &owner); err != nil {
		return &fs.PathError{Op: "stat", Path: like, Err: err}
	}
	if err := syscall.Lstat(path, &own); err != nil {
		return &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	if own.Uid == owner.Uid && own.Gid == owner.Gid {
		return nil
	}
	return os.Lchown(path, int(owner.Uid), int(owner.Gid))
}
