package temporal

import (
	"fmt"
	"os"
	"strconv"

	"github.com/closeofbusiness/cob/dev/port"
)

// ports are the frontend's and the Web UI's; 0: no Web UI.
type ports struct{ frontend, ui int }

// choosePorts takes Temporal's usual ports, so that the stock CLI needs no flags, and the
// next free ones where they are taken. A port that the user set is taken or refused.
func choosePorts(c Config) (ports, error) {
	if c.Throwaway {
		frontend, err := port.Free()
		return ports{frontend: frontend}, err
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
		set, err := strconv.Atoi(text)
		if err != nil || set < 1 || set > 65535 {
			return 0, fmt.Errorf("%s=%s: want a port number, 1 to 65535", setting, text)
		}
		if set == other || !port.Usable(set) {
			return 0, fmt.Errorf("%s=%d: the port is taken. Set another, or unset it to take the next free one", setting, set)
		}
		return set, nil
	}
	for next := usual; next < usual+100; next++ {
		if next == other || !port.Usable(next) {
			continue
		}
		if next != usual {
			_, _ = fmt.Fprintf(c.Say, "port %d is taken; %s listens on %d\n", usual, what, next)
		}
		return next, nil
	}
	return 0, fmt.Errorf("ports %d to %d are taken. Set %s to a free one", usual, usual+99, setting)
}
