// The route controller of k8s.io/cloud-provider over a cloud in memory: what podroute's route loop is measured against.
//
// It runs until it is ended. With --until N it prints one JSON line when N routes exist, and one when N Nodes have
// NetworkUnavailable=False.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	cloudprovider "k8s.io/cloud-provider"
	"k8s.io/cloud-provider/controllers/route"
	controllersmetrics "k8s.io/component-base/metrics/prometheus/controllers"
	"k8s.io/klog/v2"

	// The route controller asks for feature gates that only this import makes known.
	_ "k8s.io/controller-manager/pkg/features/register"
)

// settings have the names, defaults and meanings of cloud-controller-manager's flags, apart from --until.
type settings struct {
	kubeconfig  string
	clusterCIDR string
	clusterName string
	qps         float32
	burst       int
	period      time.Duration
	resync      time.Duration
	until       int
}

func parse(arguments []string) (settings, error) {
	var s settings
	flags := pflag.NewFlagSet("route-controller-peer", pflag.ContinueOnError)
	flags.StringVar(&s.kubeconfig, "kubeconfig", "", "file that says where the API server is and who we are")
	flags.StringVar(&s.clusterCIDR, "cluster-cidr", "", "CIDRs of the Pods, separated by commas")
	flags.StringVar(&s.clusterName, "cluster-name", "kubernetes", "prefix of what is made in the cloud")
	flags.Float32Var(&s.qps, "kube-api-qps", 20, "requests per second to the API server")
	flags.IntVar(&s.burst, "kube-api-burst", 30, "requests at once to the API server")
	flags.DurationVar(&s.period, "route-reconciliation-period", 10*time.Second, "time between two passes")
	flags.DurationVar(&s.resync, "min-resync-period", 12*time.Hour, "time between two resyncs of the Nodes")
	flags.IntVar(&s.until, "until", 0, "print a JSON line when so many routes exist, and when so many Nodes say so")
	return s, flags.Parse(arguments)
}

func (s settings) client() (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", s.kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = s.qps, s.burst
	config.ContentType = "application/vnd.kubernetes.protobuf"
	return kubernetes.NewForConfig(rest.AddUserAgent(config, "route-controller"))
}

func (s settings) clusterCIDRs() ([]*net.IPNet, error) {
	var parsed []*net.IPNet
	for _, text := range strings.Split(s.clusterCIDR, ",") {
		_, cidr, err := net.ParseCIDR(text)
		if err != nil {
			return nil, fmt.Errorf("--cluster-cidr: %w", err)
		}
		parsed = append(parsed, cidr)
	}
	return parsed, nil
}

func run(ctx context.Context, s settings) error {
	cidrs, err := s.clusterCIDRs()
	if err != nil {
		return err
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	goal := newGoal(s.until, os.Stdout)
	shared := informers.NewSharedInformerFactory(client, s.resync)
	nodes := shared.Core().V1().Nodes()
	if _, err := nodes.Informer().AddEventHandler(goal.handler()); err != nil {
		return err
	}
	routes := &memoryRoutes{
		table:   map[string]*cloudprovider.Route{},
		created: func(count int) { goal.count("routes", count) },
	}
	controller, err := route.New(routes, client, nodes, s.clusterName, cidrs)
	if err != nil {
		return err
	}
	shared.Start(ctx.Done())
	controller.Run(ctx, s.period, controllersmetrics.NewControllerManagerMetrics("route-controller-peer"))
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	s, err := parse(os.Args[1:])
	if err == nil {
		err = run(ctx, s)
	}
	klog.Flush()
	if err != nil {
		fmt.Fprintln(os.Stderr, "route-controller-peer:", err)
		os.Exit(1)
	}
}
