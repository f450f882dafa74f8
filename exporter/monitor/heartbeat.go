package monitor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/lemexport/lemexport/exporter"
)

// How long a heartbeat may take, and how often it is tried.
const (
	beatTime  = 10 * time.Second
	beatTries = 3
)

// Beat asks for the URL of a heartbeat, and again when that fails. The error does not
// repeat the URL.
func Beat(ctx context.Context, url exporter.Secret) error {
	ctx, cancel := context.WithTimeout(ctx, beatTime)
	defer cancel()
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	client := &http.Client{Transport: transport, CheckRedirect: func(next *http.Request, before []*http.Request) error {
		if _, err := exporter.ParseHeartbeat(next.URL.String()); err != nil || len(before) > 3 {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, get(ctx, client, url) }, backoff.WithMaxTries(beatTries))
	return err
}

// get asks once.
func get(ctx context.Context, client *http.Client, url exporter.Secret) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url.Reveal(), http.NoBody)
	if err != nil {
		return backoff.Permanent(errors.New("the URL is not valid"))
	}
	request.Header.Set("User-Agent", "lemexport")
	response, err := client.Do(request)
	if err != nil {
		return errors.New(reason(err))
	}
	_ = response.Body.Close()
	switch {
	case response.StatusCode >= 200 && response.StatusCode <= 299:
		return nil
	case response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("the server responded with status %d", response.StatusCode)
	}
	return backoff.Permanent(fmt.Errorf("the server responded with status %d", response.StatusCode))
}
