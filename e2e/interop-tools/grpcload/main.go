// Command grpcload sends gRPC calls to an interop server for a while and prints what became of them, as one JSON object.
//
// Closed loop by default: each of `connections` × `streams` workers has one call (or one message of a stream) on the way. With -rps calls
// start at a fixed rate whatever comes back, and a latency counts from the moment at which its call was due.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"math"
	"os"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"
)

const callTimeout = 20 * time.Second

type result struct {
	// Calls, or messages there and back on streams.
	Started   int            `json:"started"`
	Succeeded int            `json:"succeeded"`
	Failures  map[string]int `json:"failures"`
	P50Ms     float64        `json:"p50Ms"`
	P99Ms     float64        `json:"p99Ms"`
}

// recorder collects from all workers.
type recorder struct {
	mutex     sync.Mutex
	started   int
	failures  map[string]int
	latencies []time.Duration
}

func (r *recorder) record(err error, latency time.Duration) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.started++
	if err != nil {
		r.failures[status.Code(err).String()]++
		return
	}
	r.latencies = append(r.latencies, latency)
}

func (r *recorder) result() result {
	slices.Sort(r.latencies)
	return result{r.started, len(r.latencies), r.failures, r.percentile(0.5), r.percentile(0.99)}
}

func (r *recorder) percentile(share float64) float64 {
	if len(r.latencies) == 0 {
		return math.MaxFloat64
	}
	at := min(len(r.latencies)-1, int(share*float64(len(r.latencies))))
	return float64(r.latencies[at].Microseconds()) / 1e3
}

type load struct {
	clients []pb.TestServiceClient
	streams int
	rps     float64
	until   time.Time
	payload *pb.Payload
	recorder
}

func main() {
	address := flag.String("address", "127.0.0.1:50051", "host:port of an interop server, or of a gateway before it")
	authority := flag.String("authority", "", "sent as :authority; the address when empty")
	mode := flag.String("mode", "unary", "unary or streaming")
	connections := flag.Int("connections", 8, "HTTP/2 connections")
	streams := flag.Int("streams", 16, "calls at a time on each connection")
	seconds := flag.Float64("seconds", 4, "how long")
	rps := flag.Float64("rps", 0, "unary calls a second in all; 0: as many as come back")
	size := flag.Int("size", 16, "bytes of a message")
	flag.Parse()

	l := &load{streams: *streams, rps: *rps, payload: &pb.Payload{Body: make([]byte, *size)}}
	l.failures = map[string]int{}
	l.until = time.Now().Add(time.Duration(*seconds * float64(time.Second)))
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if *authority != "" {
		options = append(options, grpc.WithAuthority(*authority))
	}
	for range *connections {
		connection, err := grpc.NewClient("passthrough:///"+*address, options...)
		if err != nil {
			log.Fatal(err)
		}
		defer connection.Close()
		l.clients = append(l.clients, pb.NewTestServiceClient(connection))
	}
	switch {
	case *mode == "streaming":
		l.closed(l.stream)
	case *rps > 0:
		l.open()
	default:
		l.closed(l.calls)
	}
	if err := json.NewEncoder(os.Stdout).Encode(l.result()); err != nil {
		log.Fatal(err)
	}
}

// closed runs one worker for each stream of each connection until the time is up.
func (l *load) closed(worker func(pb.TestServiceClient)) {
	var workers sync.WaitGroup
	for _, client := range l.clients {
		for range l.streams {
			workers.Go(func() { worker(client) })
		}
	}
	workers.Wait()
}

func (l *load) calls(client pb.TestServiceClient) {
	for now := time.Now(); now.Before(l.until); now = time.Now() {
		l.call(client, now)
	}
}

func (l *load) call(client pb.TestServiceClient, due time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	request := &pb.SimpleRequest{Payload: l.payload, ResponseSize: int32(len(l.payload.Body))}
	_, err := client.UnaryCall(ctx, request)
	l.record(err, time.Since(due))
}

// stream keeps one bidirectional call open: a message is sent when the last one came back.
func (l *load) stream(client pb.TestServiceClient) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Until(l.until)+callTimeout)
	defer cancel()
	stream, err := client.FullDuplexCall(ctx)
	if err != nil {
		l.record(err, 0)
		return
	}
	request := &pb.StreamingOutputCallRequest{
		Payload:            l.payload,
		ResponseParameters: []*pb.ResponseParameters{{Size: int32(len(l.payload.Body))}},
	}
	for now := time.Now(); now.Before(l.until); now = time.Now() {
		if err = stream.Send(request); err == nil {
			_, err = stream.Recv()
		}
		l.record(err, time.Since(now))
		if err != nil {
			return
		}
	}
	if err = stream.CloseSend(); err != nil {
		l.record(err, 0)
	}
}

// open starts calls at their time, on the connections in turn.
func (l *load) open() {
	var calls sync.WaitGroup
	began := time.Now()
	for n := 0; ; n++ {
		due := began.Add(time.Duration(float64(n) / l.rps * float64(time.Second)))
		if !due.Before(l.until) {
			break
		}
		time.Sleep(time.Until(due))
		client := l.clients[n%len(l.clients)]
		calls.Go(func() { l.call(client, due) })
	}
	calls.Wait()
}
