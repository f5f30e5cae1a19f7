package main

import (
	"context"
	"sync"

	cloudprovider "k8s.io/cloud-provider"
)

// memoryRoutes is a cloud's route table as a map, by destination. It answers at once and never fails, so what a
// benchmark measures is the route controller alone.
type memoryRoutes struct {
	mu      sync.Mutex
	table   map[string]*cloudprovider.Route
	created func(count int)
}

var _ cloudprovider.Routes = (*memoryRoutes)(nil)

func (m *memoryRoutes) ListRoutes(context.Context, string) ([]*cloudprovider.Route, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	listed := make([]*cloudprovider.Route, 0, len(m.table))
	for _, route := range m.table {
		listed = append(listed, route)
	}
	return listed, nil
}

func (m *memoryRoutes) CreateRoute(_ context.Context, _ string, nameHint string, route *cloudprovider.Route) error {
	installed := *route
	installed.Name = nameHint + "-" + route.DestinationCIDR
	installed.EnableNodeAddresses = true
	m.mu.Lock()
	m.table[route.DestinationCIDR] = &installed
	count := len(m.table)
	m.mu.Unlock()
	m.created(count)
	return nil
}

func (m *memoryRoutes) DeleteRoute(_ context.Context, _ string, route *cloudprovider.Route) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.table, route.DestinationCIDR)
	return nil
}
