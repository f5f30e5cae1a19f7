// What runs in the Pods of the tests, from an image with nothing but this program.
//
// As it is it keeps a Pod's network until it is ended, as Kubernetes' pause does. With "serve" it answers on port 8080:
// "/" with its name and whom it has seen, "/ask?whom=ADDRESS" with what the Pod at that address answers.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const port = "8080"

func main() {
	ending, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		go serve()
	}
	<-ending.Done()
}

func serve() {
	name, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/{$}", func(answer http.ResponseWriter, asked *http.Request) {
		seen, _, _ := net.SplitHostPort(asked.RemoteAddr)
		fmt.Fprintf(answer, "%s saw %s", name, seen)
	})
	http.HandleFunc("/ask", ask)
	log.Fatal(http.ListenAndServe(":"+port, nil))
}

// ask opens a connection of its own for each question.
func ask(answer http.ResponseWriter, asked *http.Request) {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	said, err := client.Get("http://" + net.JoinHostPort(asked.FormValue("whom"), port) + "/")
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadGateway)
		return
	}
	defer said.Body.Close()
	io.Copy(answer, said.Body)
}
