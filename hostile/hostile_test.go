package hostile

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInputsAreManyAndDistinct(t *testing.T) {
	t.Parallel()
	texts, names := map[[32]byte]string{}, map[string]bool{}
	for _, in := range Inputs() {
		text := sha256.Sum256([]byte(in.Text()))
		require.Empty(t, texts[text], "%s is the text of %s", in.Name, texts[text])
		require.False(t, names[in.Name], in.Name)
		texts[text], names[in.Name] = in.Name, true
	}
	require.GreaterOrEqual(t, len(texts), 200)
	t.Logf("%d texts, %d pictures, %d lines, %d templates", len(texts), len(Pictures()), len(Lines()), len(Templates()))
}
