// Package abide gets access tokens from Abide, the session keeper on this computer, for your own programs.
//
//	client, err := abide.New(abide.Options{})
//	api, err := client.HTTPClient("https://api.example.com", abide.Wanted{Account: "work"})
//	answer, err := api.Get("https://api.example.com/orders")
//
// Without a key the client uses Abide's socket (a named pipe on Windows), and Abide asks the user about your program the first
// time. With a key, from `abide clients allow NAME`, it uses TCP: it signs its requests, and accepts only signed answers.
//
// Errors are [*Error] with a stable code. Compare them with [errors.Is]:
//
//	if errors.Is(err, abide.LoginRequired) { … }
package abide
