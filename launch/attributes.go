package launch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/closeofbusiness/cob/report"
)

// attributes are the search attributes that workflows set. A workflow that sets
// one which is not registered would hang, so programs check at start.
var attributes = []string{report.AttributeSeries, report.AttributeDate, report.AttributeState}

// ErrAttributes is the error of a namespace without the search attributes.
var ErrAttributes = errors.New("search attributes are not registered")

// CheckAttributes refuses a namespace that lacks a search attribute, naming the
// commands that add them.
func (l *Launcher) CheckAttributes(ctx context.Context) error {
	missing, err := l.missing(ctx)
	if err != nil || len(missing) == 0 {
		return err
	}
	return fmt.Errorf("%w in namespace %s: %s. Run: starter init\nor, where that may not:\n%s", ErrAttributes, l.Namespace,
		strings.Join(missing, ", "), strings.Join(l.commands(missing), "\n"))
}

// commands are what an operator with the rights runs instead of starter init.
func (l *Launcher) commands(missing []string) []string {
	var out []string
	for _, name := range missing {
		out = append(out, "  temporal operator search-attribute create --namespace "+l.Namespace+" --name "+name+" --type Keyword")
	}
	return out
}

// RegisterAttributes adds the search attributes that are missing and returns
// which these were. Registering again adds nothing.
func (l *Launcher) RegisterAttributes(ctx context.Context) ([]string, error) {
	missing, err := l.missing(ctx)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	add := map[string]enumspb.IndexedValueType{}
	for _, name := range missing {
		add[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	_, err = l.Client.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: l.Namespace, SearchAttributes: add,
	})
	var exists *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return nil, fmt.Errorf("register search attributes: %w. Have an operator run:\n%s", err, strings.Join(l.commands(missing), "\n"))
	}
	return missing, l.awaitAttributes(ctx)
}

// awaitAttributes waits until the server shows them: it caches for a moment.
func (l *Launcher) awaitAttributes(ctx context.Context) error {
	for {
		missing, err := l.missing(ctx)
		if err != nil || len(missing) == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for search attributes %s: %w", strings.Join(missing, ", "), ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (l *Launcher) missing(ctx context.Context) ([]string, error) {
	have, err := l.Client.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: l.Namespace})
	if err != nil {
		return nil, fmt.Errorf("list search attributes of namespace %s: %w", l.Namespace, unavailable(err))
	}
	known := slices.Collect(maps.Keys(have.GetCustomAttributes()))
	return slices.DeleteFunc(slices.Clone(attributes), func(name string) bool { return slices.Contains(known, name) }), nil
}
