package plugin

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// listenOnPort opens the first free port of a range, given as a host sets it; the port 0,
// or an empty text, is any free one.
func listenOnPort(ctx context.Context, least, most string) (net.Listener, error) {
	from, err := port(leastPortVariable, least)
	if err != nil {
		return nil, err
	}
	to, err := port(mostPortVariable, most)
	if err != nil {
		return nil, err
	}
	if from > to {
		return nil, fmt.Errorf("%s is %d, which is greater than %s, %d", leastPortVariable, from, mostPortVariable, to)
	}
	var failed error
	for number := from; number <= to; number++ {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(number)))
		if err == nil {
			return listener, nil
		}
		failed = err
	}
	return nil, fmt.Errorf("no port from %d to %d is free: %w", from, to, failed)
}

func port(variable, text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%s: invalid port %q: it must be a number from 0 to 65535", variable, text)
	}
	return int(number), nil
}
