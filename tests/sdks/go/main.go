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
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
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
	case "oras":
		return oras(arguments[0])
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

// What the commands oras and helm do for an artifact: the credential comes from the helper in the configuration of Docker.
func oras(reference string) (string, error) {
	repository, err := remote.NewRepository(reference)
	if err != nil {
		return "", err
	}
	store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{})
	if err != nil {
		return "", err
	}
	repository.Client = &auth.Client{Credential: credentials.Credential(store)}
	found, content, err := repository.Manifests().FetchReference(context.Background(), repository.Reference.Reference)
	if err != nil {
		return "", err
	}
	return "DIGEST " + found.Digest.String(), content.Close()
}
