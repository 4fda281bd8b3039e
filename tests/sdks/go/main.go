// SDKs for Go, as programs use them. The first argument says which.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/crane"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	text, err := run(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(text)
}

func run(which string, arguments []string) (string, error) {
	switch which {
	case "azure":
		return azure(arguments[0])
	case "kubernetes":
		return kubernetes(arguments[0], arguments[1])
	case "registry":
		manifest, err := crane.Manifest(arguments[0], crane.WithAuthFromKeychain(authn.DefaultKeychain), crane.Insecure)
		return string(manifest), err
	}
	return "", fmt.Errorf("%s is not known here", which)
}

func azure(scope string) (string, error) {
	credential, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return "", err
	}
	token, err := credential.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{scope}})
	return "TOKEN " + token.Token, err
}

func kubernetes(config, path string) (string, error) {
	settings, err := clientcmd.BuildConfigFromFlags("", config)
	if err != nil {
		return "", err
	}
	client, err := rest.HTTPClientFor(settings)
	if err != nil {
		return "", err
	}
	answer, err := client.Get(settings.Host + path)
	if err != nil {
		return "", err
	}
	answer.Body.Close()
	return "STATUS " + answer.Status, nil
}
