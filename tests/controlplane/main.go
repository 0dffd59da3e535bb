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

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

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

// endWithStdin ends the process when its standard input ends. Nothing is saved first: what a bed
// stores is thrown away with it, and an API server whose etcd has ended would hang for minutes.
func endWithStdin() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}
