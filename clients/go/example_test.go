package abide_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	abide "github.com/abide-session/abide/clients/go"
)

func Example() {
	client, err := abide.New(abide.Options{})
	if err != nil {
		panic(err)
	}
	api, err := client.HTTPClient("https://api.example.com", abide.Wanted{Account: "work"})
	if err != nil {
		panic(err)
	}
	answer, err := api.Get("https://api.example.com/orders")
	if errors.Is(err, abide.LoginRequired) {
		fmt.Fprintln(os.Stderr, "Sign in first: abide login")
		return
	}
	if err != nil {
		panic(err)
	}
	answer.Body.Close()
}

func ExampleClient_Events() {
	client, err := abide.New(abide.Options{})
	if err != nil {
		panic(err)
	}
	events, err := client.Events(context.Background(), "work")
	if err != nil {
		panic(err)
	}
	defer events.Close()
	for {
		session, err := events.Next()
		if err != nil {
			break
		}
		if session.State == "expiring" {
			fmt.Println("The session is about to end.")
		}
	}
}
