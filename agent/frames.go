//go:build linux

package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// protocolVersion is that of src/dev/channel/frames.ts.
const protocolVersion = "1"

// The kinds of frames that we are asked with.
const (
	askHello   = 1
	askWrite   = 2
	askChunk   = 3
	askEnd     = 4
	askAbandon = 5
	askLink    = 6
	askFolder  = 7
	askRemove  = 8
	askRestart = 9
	askSignal  = 10
)

// The kinds of frames that we answer with.
const (
	answerHello   = 1
	answerDone    = 2
	answerRefused = 3
)

// A chunk is at most 256 KiB; nothing that we are sent is longer than that and a path.
const longestFrame = 272 * 1024

type frame struct {
	kind    byte
	payload []byte
}

// readFrame gives back io.EOF where the input ends between two frames. The payload is valid until the next call.
func readFrame(input *bufio.Reader, buffer []byte) (frame, error) {
	var header [5]byte
	if _, err := io.ReadFull(input, header[:]); err != nil {
		return frame{}, err
	}
	length := binary.BigEndian.Uint32(header[:4])
	if length > longestFrame {
		return frame{}, fmt.Errorf("a frame of %d bytes: this is not our protocol", length)
	}
	payload := buffer[:length]
	if _, err := io.ReadFull(input, payload); err != nil {
		return frame{}, io.ErrUnexpectedEOF
	}
	return frame{kind: header[4], payload: payload}, nil
}

func writeFrame(output *bufio.Writer, kind byte, payload string) error {
	var header [5]byte
	binary.BigEndian.PutUint32(header[:4], uint32(len(payload)))
	header[4] = kind
	if _, err := output.Write(header[:]); err != nil {
		return err
	}
	_, err := output.WriteString(payload)
	return err
}
