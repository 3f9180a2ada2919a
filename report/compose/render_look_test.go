package compose_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/closeofbusiness/cob/report/fact/facttest"
	"github.com/closeofbusiness/cob/report/render"
)

func TestLook(t *testing.T) {
	dir := os.Getenv("LOOK")
	if dir == "" {
		return
	}
	b, err := render.Render(context.Background(), composed(t, facttest.Example()), render.PDF)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(dir+"/example.pdf", b, 0o644))
	b, err = render.Render(context.Background(), composed(t, facttest.Example()), render.Markdown)
	if err == nil {
		require.NoError(t, os.WriteFile(dir+"/example.md", b, 0o644))
	}
}
