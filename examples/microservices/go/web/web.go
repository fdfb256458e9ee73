// Package web is what the services share: JSON answers, settings, and a server that ends when it is asked to.
package web

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// MustGet is the value of an environment variable; the program ends where it is missing.
func MustGet(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("%s is not set", name)
	}
	return value
}

// Answer writes a value as JSON.
func Answer(response http.ResponseWriter, status int, value any) {
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(status)
	if err := json.NewEncoder(response).Encode(value); err != nil {
		log.Printf("answer: %v", err)
	}
}

// Refuse answers with the reason for a refusal.
func Refuse(response http.ResponseWriter, status int, reason string) {
	Answer(response, status, map[string]string{"error": reason})
}

// Healthy answers that all is well.
func Healthy(response http.ResponseWriter, _ *http.Request) {
	Answer(response, http.StatusOK, map[string]string{"status": "ok"})
}

// Serve serves each handler on its port until SIGTERM or SIGINT, then answers what is under way for at most five seconds.
func Serve(handlers map[string]http.Handler) {
	asked, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	var servers []*http.Server
	for port, handler := range handlers {
		server := &http.Server{Addr: ":" + port, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		servers = append(servers, server)
		go func() {
			log.Printf("listening on port %s", port)
			if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
				log.Fatal(err)
			}
		}()
	}
	<-asked.Done()
	ending, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, server := range servers {
		if err := server.Shutdown(ending); err != nil {
			log.Print(err)
		}
	}
}
