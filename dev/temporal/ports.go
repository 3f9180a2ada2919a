package temporal

import (
	"fmt"
	"net"
	"os"
	"strconv"
)

// ports are the frontend's and the Web UI's; 0: no Web UI.
type ports struct{ frontend, ui int }

// choosePorts takes Temporal's usual ports, so that the stock CLI needs no flags, and the
// next free ones where they are taken. A port that the user set is taken or refused.
func choosePorts(c Config) (ports, error) {
	if c.Throwaway {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return ports{}, fmt.Errorf("looking for a free port: %w", err)
		}
		return ports{frontend: listener.Addr().(*net.TCPAddr).Port}, listener.Close()
	}
	frontend, err := choosePort(c, "COB_DEV_TEMPORAL_PORT", "Temporal", defaultPort, 0)
	if err != nil {
		return ports{}, err
	}
	ui, err := choosePort(c, "COB_DEV_UI_PORT", "the Web UI", defaultUIPort, frontend)
	return ports{frontend: frontend, ui: ui}, err
}

func choosePort(c Config, setting, what string, usual, other int) (int, error) {
	if text := os.Getenv(setting); text != "" {
		port, err := strconv.Atoi(text)
		if err != nil || port < 1 || port > 65535 {
			return 0, fmt.Errorf("%s=%s: want a port number, 1 to 65535", setting, text)
		}
		if port == other || !free(port) {
			return 0, fmt.Errorf("%s=%d: the port is taken. Set another, or unset it to take the next free one", setting, port)
		}
		return port, nil
	}
	for port := usual; port < usual+100; port++ {
		if port == other || !free(port) {
			continue
		}
		if port != usual {
			_, _ = fmt.Fprintf(c.Say, "port %d is taken; %s listens on %d\n", usual, what, port)
		}
		return port, nil
	}
	return 0, fmt.Errorf("ports %d to %d are taken. Set %s to a free one", usual, usual+99, setting)
}

// free tries the port where the server will bind it, and on all addresses, where another
// program's port would shadow it.
func free(port int) bool {
	for _, host := range []string{"127.0.0.1", ""} {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			return false
		}
		_ = listener.Close()
	}
	return true
}
