//go:build hostile

package hostile_test

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/document"
	"github.com/closeofbusiness/cob/report/render"
)

// asChild is the setting that makes the test binary a child: it makes reports
// of the inputs that are named on its standard input and writes what came of
// them to its standard output.
const asChild = "COB_TEST_HOSTILE_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(asChild) == "" {
		os.Exit(m.Run())
	}
	if err := child(); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
}

// frame is what a child tells: that it begins with a job, then what came of it.
type frame struct {
	Job     string // place/input
	Begins  bool
	Refused fault // of reading or composing
	Cost    cost  // of reading or composing
	Files   []file
}

// file is one document in one format.
type file struct {
	Document string
	Format   render.Format
	Bytes    []byte
	Refused  fault
	Cost     cost
	Links    []string // that may stand in it
}

// fault is an error as it crosses the border between processes.
type fault struct {
	Text      string
	Permanent bool
}

func faultOf(err error) fault {
	if err == nil {
		return fault{}
	}
	var limit *document.LimitError
	return fault{Text: err.Error(), Permanent: errors.Is(err, report.ErrInvalid) || errors.As(err, &limit)}
}

func child() error {
	if err := alone(); err != nil {
		return err
	}
	m, err := newMeter()
	if err != nil {
		return err
	}
	all := append(places(), reach())
	if err := warm(); err != nil {
		return err
	}
	if err := lock(); err != nil {
		return err
	}
	out := gob.NewEncoder(os.Stdout)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		f, err := job(m, all, in.Text(), out)
		if err != nil {
			return fmt.Errorf("%s: %w", in.Text(), err)
		}
		if err := out.Encode(f); err != nil {
			return err
		}
	}
	return nil
}

// warm reads the embedded fonts once: every program has them in memory.
func warm() error {
	d := everywhere("warm")
	for _, f := range render.Formats() {
		if _, err := render.Render(context.Background(), d, f); err != nil {
			return err
		}
	}
	return nil
}

func job(m meter, all []place, name string, out *gob.Encoder) (frame, error) {
	f := frame{Job: name}
	if err := out.Encode(frame{Job: name, Begins: true}); err != nil {
		return f, err
	}
	at, input, _ := strings.Cut(name, "/")
	p, ok := named(all, at)
	if !ok {
		return f, errors.New("no such place")
	}
	source, ok := p.source(input)
	if !ok {
		return f, errors.New("no such input")
	}
	var made []made
	var err error
	if f.Cost, err = m.of(func() {
		var refused error
		made, refused = p.prepare(source)
		f.Refused = faultOf(refused)
	}); err != nil {
		return f, err
	}
	for _, d := range made {
		for _, format := range render.Formats() {
			one := file{Document: d.name, Format: format, Links: d.links}
			if one.Cost, err = m.of(func() {
				var refused error
				one.Bytes, refused = render.Render(context.Background(), d.document, format)
				one.Refused = faultOf(refused)
			}); err != nil {
				return f, err
			}
			f.Files = append(f.Files, one)
		}
	}
	return f, nil
}

func named(all []place, name string) (place, bool) {
	for _, p := range all {
		if p.name == name {
			return p, true
		}
	}
	return place{}, false
}
