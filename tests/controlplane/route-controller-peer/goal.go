package main

import (
	"encoding/json"
	"io"
	"sync"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
)

// reached is one line on stdout: so many of these, this long after the start.
type reached struct {
	Event      string  `json:"event"`
	Count      int     `json:"count"`
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpuSeconds"`
	PeakKiB    int64   `json:"peakKiB"`
}

// goal prints one line when that many routes exist, and one when that many Nodes say that their network is available.
type goal struct {
	until   int
	started time.Time
	out     io.Writer

	mu        sync.Mutex
	said      map[string]bool
	available map[string]bool
}

func newGoal(until int, out io.Writer) *goal {
	return &goal{
		until: until, started: time.Now(), out: out,
		said: map[string]bool{}, available: map[string]bool{},
	}
}

func (g *goal) count(event string, count int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.say(event, count)
}

func (g *goal) node(object any) {
	node, ok := object.(*v1.Node)
	if !ok || !networkAvailable(node) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.available[node.Name] = true
	g.say("conditions", len(g.available))
}

func (g *goal) handler() cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    g.node,
		UpdateFunc: func(_, node any) { g.node(node) },
	}
}

func (g *goal) say(event string, count int) {
	if g.until == 0 || count < g.until || g.said[event] {
		return
	}
	g.said[event] = true
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	_ = json.NewEncoder(g.out).Encode(reached{
		Event:      event,
		Count:      count,
		Seconds:    time.Since(g.started).Seconds(),
		CPUSeconds: time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds(),
		PeakKiB:    used.Maxrss,
	})
}

func networkAvailable(node *v1.Node) bool {
	for _, condition := range node.Status.Conditions {
		if condition.Type == v1.NodeNetworkUnavailable {
			return condition.Status == v1.ConditionFalse && condition.Reason == "RouteCreated"
		}
	}
	return false
}
