// Package port finds free loopback ports.
package port

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"time"
)

// The range is below those that Linux (32768) and macOS (49152) give outgoing connections,
// one of which could otherwise take a port between our looking and its use.
const lowest, highest = 20000, 32000

// Free returns a port that nobody listens on.
func Free() (int, error) {
	for range 200 {
		port := lowest + rand.IntN(highest-lowest) // #nosec G404 -- any will do
		if usable(port) {
			return port, nil
		}
	}
	return 0, errors.New("no free port found between " + strconv.Itoa(lowest) + " and " + strconv.Itoa(highest))
}

// Usable tells whether a server of ours could listen on the port. It looks more than once:
// a program that we start at the same moment holds a copy of what we had open, until it
// has become itself.
func Usable(port int) bool {
	for range 5 {
		if usable(port) {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

// usable tries loopback, where the server will bind, and all addresses, where another
// program's port would shadow it.
func usable(port int) bool {
	for _, host := range []string{"127.0.0.1", ""} {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			return false
		}
		_ = listener.Close()
	}
	return true
}
