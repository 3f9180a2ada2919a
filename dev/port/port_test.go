package port

import (
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFreeIsFreeAndOutsideTheOutgoingRange(t *testing.T) {
	t.Parallel()
	port, err := Free()
	require.NoError(t, err)
	require.Less(t, port, 32768)
	for _, host := range []string{"127.0.0.1", ""} {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		require.NoError(t, err)
		require.False(t, Usable(port))
		require.NoError(t, listener.Close())
	}
	require.True(t, Usable(port))
}
