// Command courseedge is the outer half of the courses: it knows who asks, and passes on what he may. The inner half is its pod-mate
// and is reached on 127.0.0.1.
package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/url"
	"time"

	"microservices/web"
)

type edge struct {
	courses string
	users   string
	client  http.Client
}

func (edge *edge) handler() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /healthz", web.Healthy)
	routes.HandleFunc("GET /course/courses", func(response http.ResponseWriter, _ *http.Request) {
		edge.pass(response, http.MethodGet, "/courses", nil)
	})
	routes.HandleFunc("POST /course/courses/{id}/students/me", func(response http.ResponseWriter, request *http.Request) {
		if name, ok := edge.caller(response, request); ok {
			edge.pass(response, http.MethodPost, "/courses/"+url.PathEscape(request.PathValue("id"))+"/students", map[string]string{"name": name})
		}
	})
	routes.HandleFunc("DELETE /course/courses/{id}/students/me", func(response http.ResponseWriter, request *http.Request) {
		if name, ok := edge.caller(response, request); ok {
			edge.pass(response, http.MethodDelete, "/courses/"+url.PathEscape(request.PathValue("id"))+"/students/"+url.PathEscape(name), nil)
		}
	})
	return routes
}

// caller is the name of whoever sent a request; where nobody is logged in it answers the request itself.
func (edge *edge) caller(response http.ResponseWriter, request *http.Request) (string, bool) {
	question, err := http.NewRequestWithContext(request.Context(), http.MethodGet, edge.users+"/user/me", nil)
	if err != nil {
		panic(err)
	}
	question.Header.Set("Authorization", request.Header.Get("Authorization"))
	answer, err := edge.client.Do(question)
	if err != nil {
		log.Print(err)
		web.Refuse(response, http.StatusServiceUnavailable, "nobody can tell who you are")
		return "", false
	}
	defer answer.Body.Close()
	var user struct{ Name string }
	if answer.StatusCode != http.StatusOK || json.NewDecoder(answer.Body).Decode(&user) != nil {
		web.Refuse(response, http.StatusUnauthorized, "log in first")
		return "", false
	}
	return user.Name, true
}

// pass asks the pod-mate and answers with what it says.
func (edge *edge) pass(response http.ResponseWriter, method, path string, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	question, err := http.NewRequest(method, edge.courses+path, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	answer, err := edge.client.Do(question)
	if err != nil {
		log.Print(err)
		web.Refuse(response, http.StatusServiceUnavailable, "the courses are away")
		return
	}
	defer answer.Body.Close()
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(response, answer.Body); err != nil {
		log.Print(err)
	}
}

func main() {
	edge := &edge{
		courses: web.MustGet("COURSE_URL"),
		users:   web.MustGet("USER_URL"),
		client:  http.Client{Timeout: 5 * time.Second},
	}
	web.Serve(map[string]http.Handler{web.MustGet("PORT"): edge.handler()})
}
