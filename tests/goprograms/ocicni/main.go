// Does with CRI-O's CNI library what CRI-O does with it. Each line on stdout is a JSON object.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/cri-o/ocicni/pkg/ocicni"
)

const period = 100 * time.Millisecond

type answer struct {
	Error    string             `json:"error,omitempty"`
	Networks []ocicni.NetResult `json:"networks,omitempty"`
}

func tell(networks []ocicni.NetResult, failure error) {
	told := answer{Networks: networks}
	if failure != nil {
		told.Error = failure.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		panic(err)
	}
}

// status tells each new state of the network until it is ready, as CRI-O waits for it.
func status(plugin ocicni.CNIPlugin) {
	last := ""
	for {
		err := plugin.Status()
		if err == nil {
			tell(nil, nil)
			return
		}
		if err.Error() != last {
			tell(nil, err)
			last = err.Error()
		}
		time.Sleep(period)
	}
}

// setup takes a Pod's addresses from where CRI-O has them: a look after the setup.
func setup(plugin ocicni.CNIPlugin, pod ocicni.PodNetwork) ([]ocicni.NetResult, error) {
	if _, err := plugin.SetUpPod(pod); err != nil {
		return nil, err
	}
	return plugin.GetPodNetworkStatus(pod)
}

func main() {
	var pod ocicni.PodNetwork
	conf := flag.String("conf-dir", "", "of CNI configurations")
	bin := flag.String("bin-dir", "", "of CNI plugins")
	cache := flag.String("cache-dir", "", "of what was set up")
	flag.StringVar(&pod.NetNS, "netns", "", "path of the Pod's network namespace")
	flag.StringVar(&pod.Name, "name", "", "of the Pod")
	flag.StringVar(&pod.Namespace, "namespace", "", "of the Pod")
	flag.StringVar(&pod.ID, "id", "", "of the Pod's sandbox")
	flag.Parse()

	plugin, err := ocicni.InitCNIWithCache("", *conf, *cache, *bin)
	var networks []ocicni.NetResult
	switch verb := flag.Arg(0); {
	case err != nil:
	case verb == "status":
		status(plugin)
		return
	case verb == "setup":
		networks, err = setup(plugin, pod)
	case verb == "addresses":
		networks, err = plugin.GetPodNetworkStatus(pod)
	case verb == "teardown":
		err = plugin.TearDownPod(pod)
	default:
		err = fmt.Errorf("%q: give status, setup, addresses or teardown", verb)
	}
	tell(networks, err)
	if err != nil {
		os.Exit(1)
	}
}
