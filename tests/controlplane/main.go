// Command controlplane runs one server of a Kubernetes control plane for the test bed:
// etcd, kube-apiserver or kube-controller-manager, named by its first argument.
//
// A server ends when its standard input does, so that no server outlives the bed that started it,
// not even a bed that was killed.
package main

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

// How long a server may take to end by itself once its standard input has ended.
const grace = 1500 * time.Millisecond

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: controlplane etcd|kube-apiserver|kube-controller-manager [flags]")
		os.Exit(2)
	}
	// Each server reads os.Args and prints its name from there.
	server := os.Args[1]
	os.Args = os.Args[1:]
	go endWithStdin()

	switch server {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	default:
		fmt.Fprintf(os.Stderr, "controlplane: unknown server %q\n", server)
		os.Exit(2)
	}
}

// endWithStdin asks the process to end when its standard input ends, and ends it after the grace.
func endWithStdin() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	// Before a server handles the signal, it ends the process at once, which is as good.
	_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
	time.Sleep(grace)
	os.Exit(0)
}
