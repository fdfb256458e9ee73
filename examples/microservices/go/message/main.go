// Command message takes messages to users. Where another one would hand them to a mail server, it writes them to its log and
// keeps the last ones to be looked at.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"sync"

	"microservices/web"
)

const (
	mostKept    = 1000
	largestBody = 64 << 10
)

type message struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// outbox holds the last messages; the oldest first. Safe for concurrent use.
type outbox struct {
	mutex sync.Mutex
	kept  []message
	count int
}

func (box *outbox) add(sent message) {
	box.mutex.Lock()
	defer box.mutex.Unlock()
	box.count++
	box.kept = append(box.kept, sent)
	if len(box.kept) > mostKept {
		box.kept = box.kept[1:]
	}
}

func (box *outbox) to(name string) []message {
	box.mutex.Lock()
	defer box.mutex.Unlock()
	found := []message{}
	for _, each := range box.kept {
		if each.To == name {
			found = append(found, each)
		}
	}
	return found
}

func (box *outbox) sent() int {
	box.mutex.Lock()
	defer box.mutex.Unlock()
	return box.count
}

func (box *outbox) handler() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /healthz", web.Healthy)
	routes.HandleFunc("GET /messages", func(response http.ResponseWriter, request *http.Request) {
		web.Answer(response, http.StatusOK, box.to(request.URL.Query().Get("to")))
	})
	routes.HandleFunc("POST /messages", func(response http.ResponseWriter, request *http.Request) {
		var asked message
		body := http.MaxBytesReader(response, request.Body, largestBody)
		if err := json.NewDecoder(body).Decode(&asked); err != nil || asked.To == "" || asked.Text == "" {
			web.Refuse(response, http.StatusBadRequest, "a message has `to` and `text`")
			return
		}
		box.add(asked)
		log.Printf("to %q: %q", asked.To, asked.Text)
		web.Answer(response, http.StatusCreated, asked)
	})
	return routes
}

func (box *outbox) admin() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /metrics", func(response http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(response, "# TYPE messages_sent_total counter\nmessages_sent_total %d\n", box.sent())
	})
	return routes
}

func main() {
	box := &outbox{}
	web.Serve(map[string]http.Handler{
		web.MustGet("PORT"):       box.handler(),
		web.MustGet("ADMIN_PORT"): box.admin(),
	})
}
