package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"microservices/web"
)

// behind stands for both services behind the edge: it knows the token `anna`, and repeats what the courses are asked.
func behind(t *testing.T) *edge {
	server := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/user/me" {
			if request.Header.Get("Authorization") != "Bearer anna" {
				web.Refuse(response, http.StatusUnauthorized, "log in first")
				return
			}
			web.Answer(response, http.StatusOK, map[string]any{"id": 1, "name": "anna"})
			return
		}
		body, _ := io.ReadAll(request.Body)
		web.Answer(response, http.StatusOK, request.Method+" "+request.URL.Path+" "+string(body))
	}))
	t.Cleanup(server.Close)
	return &edge{courses: server.URL, users: server.URL}
}

func TestRequests(t *testing.T) {
	cases := []struct {
		method, path, token string
		status              int
		answer              string
	}{
		{"GET", "/course/courses", "", 200, `"GET /courses null"`},
		{"POST", "/course/courses/2/students/me", "anna", 200, `"POST /courses/2/students {\"name\":\"anna\"}"`},
		{"DELETE", "/course/courses/2/students/me", "anna", 200, `"DELETE /courses/2/students/anna null"`},
		{"POST", "/course/courses/2/students/me", "", 401, `{"error":"log in first"}`},
		{"GET", "/course/students", "anna", 404, "404 page not found"},
	}
	handler := behind(t).handler()
	for _, each := range cases {
		request := httptest.NewRequest(each.method, each.path, nil)
		request.Header.Set("Authorization", "Bearer "+each.token)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		if answer := strings.TrimSpace(recorder.Body.String()); recorder.Code != each.status || answer != each.answer {
			t.Errorf("%s %s: got %d %s", each.method, each.path, recorder.Code, answer)
		}
	}
}

func TestServicesThatAreAway(t *testing.T) {
	nowhere := &edge{courses: "http://127.0.0.1:1", users: "http://127.0.0.1:1"}
	for _, request := range []*http.Request{
		httptest.NewRequest("GET", "/course/courses", nil),
		httptest.NewRequest("POST", "/course/courses/1/students/me", nil),
	} {
		recorder := httptest.NewRecorder()
		nowhere.handler().ServeHTTP(recorder, request)
		if recorder.Code != http.StatusServiceUnavailable {
			t.Errorf("got %d", recorder.Code)
		}
	}
}
