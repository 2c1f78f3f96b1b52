// Command echo is the backend of the suites. On one port it answers HTTP/1.1, HTTP/2 without TLS and unary gRPC calls, and says which pod
// it is: in the field X-Backend, as the whole body of an HTTP answer, and as field 1 (a string) of a gRPC answer.
//
//	GET /…            200
//	GET /status/503   that status
//	GET /delay/20     200 after 20 ms
//	GET /headers      200; the body is the request's head
//	GET /healthz      200; 503 once the process has been told to end
//
// Told to end (SIGTERM) it closes its listener at once, answers what is open and goes: the least polite of the usual backends.
// With DRAIN_MS it keeps serving that long before.
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// backend answers as one pod.
type backend struct {
	name   string
	ending atomic.Bool
}

func main() {
	name, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	b := &backend{name: name}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Addr: listenAddress(), Handler: b, Protocols: protocols, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan struct{})
	go b.endWhenTold(server, ended)
	log.Printf("%s listens on %s", name, server.Addr)
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		log.Fatal(err)
	}
	<-ended
}

func listenAddress() string {
	if address := os.Getenv("LISTEN"); address != "" {
		return address
	}
	return ":8080"
}

func (b *backend) endWhenTold(server *http.Server, ended chan<- struct{}) {
	defer close(ended)
	signals, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	<-signals.Done()
	b.ending.Store(true)
	if drainMs, err := strconv.Atoi(os.Getenv("DRAIN_MS")); err == nil {
		time.Sleep(time.Duration(drainMs) * time.Millisecond)
	}
	patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	server.Shutdown(patience)
}

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Backend", b.name)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
		b.answerCall(w, r)
		return
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	status, body := b.answer(r)
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	io.WriteString(w, body)
}

func (b *backend) answer(r *http.Request) (int, string) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch first {
	case "healthz":
		if b.ending.Load() {
			return http.StatusServiceUnavailable, "ending\n"
		}
	case "status":
		if status, err := strconv.Atoi(rest); err == nil && status >= 200 && status <= 599 {
			return status, b.name
		}
	case "delay":
		if ms, err := strconv.Atoi(rest); err == nil {
			time.Sleep(time.Duration(ms) * time.Millisecond)
		}
	case "headers":
		return http.StatusOK, headText(r)
	}
	return http.StatusOK, b.name
}

func headText(r *http.Request) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s %s\r\nHost: %s\r\n", r.Method, r.RequestURI, r.Proto, r.Host)
	r.Header.Write(&text)
	return text.String()
}

// answerCall reads one length-prefixed message and answers one whose field 1 is the pod's name
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
func (b *backend) answerCall(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	message := append([]byte{0x0a, byte(len(b.name))}, b.name...)
	frame := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status")
	w.WriteHeader(http.StatusOK)
	w.Write(append(frame, message...))
	w.Header().Set("Grpc-Status", "0")
}
