//go:build linux

// The agent is the part of iamstack that stands inside a container: it changes files for the dev loop, and starts the process of
// the service anew without its container. docs/dev-channel.md has the protocol.
package main

import (
	"fmt"
	"os"
)

const usage = `usage:
  agent serve                                    change files and signal the service, as frames on standard input ask for
  agent run [--stop-signal NAME] [--grace SECONDS] -- COMMAND [ARGUMENT...]
                                                 run the service so that it can be started again
  agent copy DESTINATION                         copy this program`

func main() {
	if len(os.Args) < 2 {
		exitWithUsage("")
	}
	arguments := os.Args[2:]
	switch os.Args[1] {
	case "serve":
		if len(arguments) > 0 {
			exitWithUsage("serve takes no argument")
		}
		exitOn(serve(os.Stdin, os.Stdout))
	case "run":
		options, err := parseRun(arguments)
		if err != nil {
			exitWithUsage(err.Error())
		}
		os.Exit(run(options))
	case "copy":
		if len(arguments) != 1 {
			exitWithUsage("copy takes one destination")
		}
		exitOn(copySelf(arguments[0]))
	default:
		exitWithUsage("there is no " + os.Args[1])
	}
}

func exitOn(err error) {
	if err != nil {
		complain(err.Error())
		os.Exit(1)
	}
}

func exitWithUsage(why string) {
	if why != "" {
		complain(why)
	}
	fmt.Fprintln(os.Stderr, usage)
	os.Exit(2)
}

func complain(words string) {
	fmt.Fprintln(os.Stderr, "iamstack agent: "+words)
}
