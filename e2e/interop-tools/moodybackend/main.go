// Command moodybackend serves HTTP/1.1 and h2c on one port and does what the path says: answers whole or breaks off at some point.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	// Octets of a whole answer, and in how many pieces it comes.
	answerBytes = 30_000
	pieces      = 3
	// As many as a proxy may want on one connection.
	maxConcurrentStreams = 1_000
)

// Requests neither answered nor broken off.
var open atomic.Int64

func main() {
	address := flag.String("address", "127.0.0.1:0", "host:port")
	flag.Parse()
	handler := http.NewServeMux()
	handler.HandleFunc("/open", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, open.Load()) })
	handler.HandleFunc("/answer", counted(true, func(w http.ResponseWriter, _ *http.Request) { answer(w, pieces) }))
	handler.HandleFunc("/early", counted(false, func(w http.ResponseWriter, _ *http.Request) { answer(w, pieces) }))
	handler.HandleFunc("/reset-before", counted(true, func(http.ResponseWriter, *http.Request) { breakOff() }))
	handler.HandleFunc("/reset-within", counted(true, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, pieces-1)
		breakOff()
	}))
	handler.HandleFunc("/never", counted(true, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		breakOff()
	}))

	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	server := http.Server{
		Handler:   handler,
		Protocols: new(http.Protocols),
		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: maxConcurrentStreams},
		// Handlers that break off say so by a panic; nobody wants to read of each.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	log.Fatal(server.Serve(listener))
}

// counted runs a handler after some milliseconds, behind the request's body or, an early one, beside it.
func counted(takesBody bool, handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer open.Add(-1)
		if takesBody {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				breakOff()
			}
		}
		pause(20)
		handle(w, r)
	}
}

func answer(w http.ResponseWriter, count int) {
	w.Header().Set("Content-Length", strconv.Itoa(answerBytes))
	piece := make([]byte, answerBytes/pieces)
	for range count {
		if _, err := w.Write(piece); err != nil {
			breakOff()
		}
		w.(http.Flusher).Flush()
		pause(10)
	}
}

func breakOff() {
	panic(http.ErrAbortHandler)
}

func pause(maxMs int) {
	time.Sleep(time.Duration(rand.IntN(maxMs)) * time.Millisecond)
}
