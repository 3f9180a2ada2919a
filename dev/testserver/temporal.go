package testserver

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Temporal is the address of a development server that the tests share.
func Temporal(t testing.TB) string {
	t.Helper()
	if address := os.Getenv(TemporalAddress); address != "" {
		return address
	}
	address, err := privateTemporal()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// CLI is the path of the temporal program.
func CLI(t testing.TB) string {
	t.Helper()
	if path := os.Getenv(TemporalCLI); path != "" {
		return path
	}
	path, err := privateCLI()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Namespace registers a namespace for this test, so that workflow IDs, schedules and
// search attributes don't meet those of another.
func Namespace(t testing.TB, address string) string {
	t.Helper()
	name := "test-" + strings.ToLower(rand.Text()[:16])
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	service := workflowservice.NewWorkflowServiceClient(conn)
	if _, err := service.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	}); err != nil {
		t.Fatalf("registering a namespace: %v", err)
	}
	// Not every part of the server knows it at once.
	for {
		_, err := service.ListWorkflowExecutions(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: name})
		if err == nil {
			return name
		}
		if ctx.Err() != nil {
			t.Fatalf("the namespace was registered and does not answer: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
