package main

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func ask(box *outbox, method, path, body string) (int, string) {
	recorder := httptest.NewRecorder()
	handler := box.handler()
	if path == "/metrics" {
		handler = box.admin()
	}
	handler.ServeHTTP(recorder, httptest.NewRequest(method, path, strings.NewReader(body)))
	return recorder.Code, strings.TrimSpace(recorder.Body.String())
}

func TestMessagesAreKeptForTheirReader(t *testing.T) {
	box := &outbox{}
	for _, body := range []string{`{"to":"anna","text":"one"}`, `{"to":"ben","text":"two"}`} {
		if status, answer := ask(box, "POST", "/messages", body); status != 201 || answer != body {
			t.Fatalf("got %d %s", status, answer)
		}
	}
	if _, answer := ask(box, "GET", "/messages?to=anna", ""); answer != `[{"to":"anna","text":"one"}]` {
		t.Errorf("got %s", answer)
	}
	if _, answer := ask(box, "GET", "/messages?to=nobody", ""); answer != "[]" {
		t.Errorf("got %s", answer)
	}
	if _, answer := ask(box, "GET", "/metrics", ""); !strings.HasSuffix(answer, "messages_sent_total 2") {
		t.Errorf("got %s", answer)
	}
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	for _, body := range []string{"", "{", `{"to":"anna"}`, `{"to":"anna","text":"` + strings.Repeat("x", largestBody) + `"}`} {
		if status, _ := ask(&outbox{}, "POST", "/messages", body); status != 400 {
			t.Errorf("got %d for %.20q", status, body)
		}
	}
}

func TestOnlyTheLastMessagesAreKept(t *testing.T) {
	box := &outbox{}
	for range mostKept + 5 {
		box.add(message{To: "anna", Text: "again"})
	}
	if kept := len(box.to("anna")); kept != mostKept || box.sent() != mostKept+5 {
		t.Errorf("kept %d of %d", kept, box.sent())
	}
}
