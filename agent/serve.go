//go:build linux

package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
)

var errNotWhole = errors.New("a frame without a path: this is not our protocol")

// conversation is one other end's session: its frames are carried out one after the other, in the order they came.
type conversation struct {
	input  *bufio.Reader
	output *bufio.Writer
	tree   tree
	// The file whose content is on its way; nil between files, and while the content of one that was refused is read over.
	open *incoming
}

// serve answers frames until its input ends, which is how the other end goes away.
func serve(input io.Reader, output io.Writer) error {
	c := &conversation{
		input:  bufio.NewReaderSize(input, longestFrame),
		output: bufio.NewWriter(output),
		tree:   newTree(),
	}
	defer func() { c.drop() }()
	buffer := make([]byte, longestFrame)
	for {
		// Answers wait for one another while there is more to do, and for nothing else.
		if c.input.Buffered() == 0 {
			if err := c.output.Flush(); err != nil {
				return err
			}
		}
		asked, err := readFrame(c.input, buffer)
		if errors.Is(err, io.EOF) {
			return c.output.Flush()
		}
		if err != nil {
			return err
		}
		if err := c.take(asked); err != nil {
			return err
		}
	}
}

func (c *conversation) take(asked frame) error {
	switch asked.kind {
	case askHello:
		return writeFrame(c.output, answerHello, greeting())
	case askWrite:
		return c.begin(asked.payload)
	case askChunk:
		if c.open == nil {
			return nil
		}
		if err := c.open.write(asked.payload); err != nil {
			c.drop()
			return c.refuse(err)
		}
		return nil
	case askEnd:
		if c.open == nil {
			return nil
		}
		err := c.open.commit()
		c.open = nil
		return c.answer(err)
	case askAbandon:
		if c.open == nil {
			return nil
		}
		c.drop()
		return c.answer(nil)
	case askLink:
		if len(asked.payload) < 2 {
			return errNotWhole
		}
		path, target, isWhole := strings.Cut(string(asked.payload[1:]), "\x00")
		if !isWhole {
			return errNotWhole
		}
		return c.answer(c.tree.link(path, target, asked.payload[0] == 1))
	case askFolder:
		return c.answer(c.tree.makeFolder(string(asked.payload)))
	case askRemove:
		return c.answer(remove(string(asked.payload)))
	case askRestart:
		return c.answer(requestRestart())
	case askSignal:
		return c.answer(signalService(string(asked.payload)))
	default:
		return errors.New("a frame of an unknown kind: this is not our protocol")
	}
}

func greeting() string {
	if _, err := findRun(); err == nil {
		return protocolVersion + " run"
	}
	return protocolVersion
}

func (c *conversation) begin(payload []byte) error {
	if len(payload) < 6 {
		return errNotWhole
	}
	c.drop()
	mode := os.FileMode(binary.BigEndian.Uint32(payload[:4]))
	opened, err := c.tree.begin(string(payload[5:]), mode, payload[4] == 1)
	if err != nil {
		return c.refuse(err)
	}
	c.open = opened
	return nil
}

func (c *conversation) drop() {
	if c.open != nil {
		c.open.forget()
		c.open = nil
	}
}

func (c *conversation) answer(err error) error {
	if err != nil {
		return c.refuse(err)
	}
	return writeFrame(c.output, answerDone, "")
}

func (c *conversation) refuse(err error) error {
	return writeFrame(c.output, answerRefused, err.Error())
}
