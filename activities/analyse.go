package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gowebpki/jcs"

	"github.com/closeofbusiness/cob/catalog"
	"github.com/closeofbusiness/cob/ledger"
	"github.com/closeofbusiness/cob/report"
	"github.com/closeofbusiness/cob/report/analysis"
	"github.com/closeofbusiness/cob/report/fact"
	"github.com/closeofbusiness/cob/report/template"
)

// Narration is a block whose narrative models are asked to write.
type Narration struct {
	Block string `json:"block"`
	// Within is how long that may take.
	Within time.Duration `json:"within"`
	// Providers are asked in order.
	Providers []Writer `json:"providers"`
	// Excerpts are to be sorted as well.
	Excerpts bool `json:"excerpts,omitempty"`
}

// Writer is a provider that may write a narrative.
type Writer struct {
	Name    string        `json:"name"`
	Timeout time.Duration `json:"timeout"` // of one call
	Repairs int           `json:"repairs"` // how often a refused draft goes back
	// Missing: no worker knows it.
	Missing bool `json:"missing,omitempty"`
}

// narrations lists the blocks that models are asked to write. None: rules write
// them all.
func (a *Activities) narrations(ctx context.Context, r Revision) ([]Narration, error) {
	l, err := a.layout(ctx, r)
	if err != nil {
		return nil, err
	}
	plan, err := a.plan(ctx, r)
	if err != nil {
		return nil, err
	}
	var out []Narration
	for _, block := range l.Template.Narratives() {
		names := block.Providers
		if len(names) == 0 {
			names = plan.Series.Narrative
		}
		if n := a.narration(block, names); len(n.Providers) > 0 {
			out = append(out, n)
		}
	}
	return out, nil
}

// narration takes its time from the provider that allows most of it.
func (a *Activities) narration(block template.Narrative, names []string) Narration {
	n := Narration{Block: block.Name, Excerpts: block.Excerpts != nil}
	for _, name := range names {
		if name == report.ByRules {
			break
		}
		w := Writer{Name: name, Missing: true}
		if p, ok := a.Calls.Provider(name); ok {
			w = Writer{Name: name, Timeout: p.Limits.Timeout, Repairs: p.Limits.Repairs}
			n.Within = max(n.Within, p.Limits.Block)
		}
		n.Providers = append(n.Providers, w)
	}
	return n
}

// plan is the cycle's series and calendar, as it was opened with them.
func (a *Activities) plan(ctx context.Context, r Revision) (*ledger.Plan, error) {
	c, err := a.cycle(ctx, r.Series, r.BusinessDate)
	if err != nil {
		return nil, err
	}
	return ledger.OfCycle(ctx, a.Store.Queries, c)
}

// block is a narrative block with the values of the template's parameters.
type block struct {
	template.Narrative
	values template.Params
}

func (b block) options() analysis.Options {
	return analysis.Options{About: b.About, Sentences: b.values.Int(b.Sentences)}
}

// blocks are the template's narrative blocks.
func (a *Activities) blocks(ctx context.Context, r Revision) ([]block, error) {
	l, err := a.layout(ctx, r)
	if err != nil {
		return nil, err
	}
	var out []block
	for _, n := range l.Template.Narratives() {
		out = append(out, block{n, l.Params})
	}
	return out, nil
}

// block is the narrative block of that name.
func (a *Activities) block(ctx context.Context, r Revision, name string) (block, error) {
	all, err := a.blocks(ctx, r)
	if err != nil {
		return block{}, err
	}
	i := slices.IndexFunc(all, func(b block) bool { return b.Name == name })
	if i < 0 {
		return block{}, fmt.Errorf("%w: narrative %q of the template", report.ErrNotFound, name)
	}
	return all[i], nil
}

// ToAnalyse is a revision with its facts.
type ToAnalyse struct {
	Revision
	Facts report.Ref `json:"facts"`
	// Withheld says, for each block that models were asked to write in vain, what
	// became of asking them.
	Withheld map[string][]analysis.Outcome `json:"withheld,omitempty"`
	// Unsorted says the same of excerpts that nobody sorted.
	Unsorted map[string][]analysis.Outcome `json:"unsorted,omitempty"`
}

// Analysed is every narrative of a revision, by reference.
type Analysed struct {
	Narratives report.Ref `json:"narratives"`
	// Asked are those that models were asked to write, with what came of it.
	Asked []report.Narrative `json:"asked,omitempty"`
}

type analyseSummary struct {
	Asked []report.Narrative `json:"asked,omitempty"`
}

// Analyse gathers the narrative of each of the template's narrative blocks: the
// one that a model wrote and that passed the checks, else one by rules.
func (a *Activities) Analyse(ctx context.Context, in ToAnalyse) (Analysed, error) {
	m, err := stage(ctx, a, in.Revision, "analyse", jsonType, func(ctx context.Context) ([]byte, analyseSummary, error) { return a.analyse(ctx, in) })
	if err != nil {
		return Analysed{}, failure(err)
	}
	log(ctx, in.Revision).Info("analysed", "sha256", m.Ref.SHA256)
	return Analysed{m.Ref, m.Summary.Asked}, nil
}

func (a *Activities) analyse(ctx context.Context, in ToAnalyse) (body []byte, summary analyseSummary, err error) {
	set, err := a.factSet(ctx, in.Facts)
	if err != nil {
		return nil, summary, err
	}
	blocks, err := a.blocks(ctx, in.Revision)
	if err != nil {
		return nil, summary, err
	}
	narratives := map[string]analysis.Narrative{}
	for _, b := range blocks {
		n, err := a.narrativeOf(ctx, in, set, b)
		if err != nil {
			return nil, summary, err
		}
		narratives[b.Name] = n
		if n.Provider != "" || n.Withheld != "" {
			summary.Asked = append(summary.Asked, askedFor(b.Name, n))
		}
	}
	body, err = canonical(narratives)
	return body, summary, err
}

// askedFor is a narrative that models were asked to write, for the receipt.
func askedFor(block string, n analysis.Narrative) report.Narrative {
	if n.Withheld != "" {
		return report.Narrative{Block: block, State: report.WithheldFromPage, Reason: n.Withheld}
	}
	return report.Narrative{Block: block, State: report.Written, Provider: n.Provider, Model: n.Model}
}

// canonical is v as canonical JSON (RFC 8785).
func canonical(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err == nil {
		b, err = jcs.Transform(b)
	}
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return b, nil
}

// narrativeOf is a block's narrative, with what was made of its excerpts.
func (a *Activities) narrativeOf(ctx context.Context, in ToAnalyse, set *fact.Set, b block) (analysis.Narrative, error) {
	n, err := kept[analysis.Narrative](ctx, a, in.Revision, narrativeStage(b.Name))
	if errors.Is(err, report.ErrNotFound) {
		n, err = byRules(set, b.options(), in.Withheld[b.Name])
	}
	if err != nil || b.Excerpts == nil {
		return n, err
	}
	more, err := kept[[]analysis.Sentence](ctx, a, in.Revision, sortedStage(b.Name))
	if errors.Is(err, report.ErrNotFound) {
		more, err = a.unsorted(ctx, in, set, b.Name)
	}
	n.Sentences = append(n.Sentences, more...)
	return n, err
}

// unsorted says that nobody sorted a block's excerpts, if there are any, and
// why.
func (a *Activities) unsorted(ctx context.Context, in ToAnalyse, set *fact.Set, block string) ([]analysis.Sentence, error) {
	sheet, err := a.sheet(ctx, in.Revision, block, set, in.Facts.SHA256)
	if err != nil || sheet == nil || sheet.Empty() {
		return nil, err
	}
	why := "no model is set up to"
	if outcomes := in.Unsorted[block]; len(outcomes) > 0 {
		why = analysis.Withheld(outcomes)
	}
	return []analysis.Sentence{sheet.Unsorted(why)}, nil
}

// kept reads what a stage made for this one, or gives report.ErrNotFound.
func kept[T any](ctx context.Context, a *Activities, r Revision, name string) (v T, err error) {
	m, err := recorded[string](ctx, a, r, name)
	if err != nil {
		return v, err
	}
	body, err := a.content(ctx, m.Ref)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return v, fmt.Errorf("%w: stored %s %s: %w", report.ErrInvalid, name, m.Ref.SHA256, err)
	}
	return v, nil
}

// byRules writes a block's narrative by rules, and says what was withheld.
func byRules(set *fact.Set, o analysis.Options, withheld []analysis.Outcome) (analysis.Narrative, error) {
	n, err := analysis.ByRules(set, o)
	if err == nil && len(withheld) > 0 {
		n.Withheld, n.Label = analysis.Withheld(withheld), analysis.WithheldLabel
	}
	return n, err
}

// layout is the template version that the cycle was opened with, and what the
// series makes of it.
func (a *Activities) layout(ctx context.Context, r Revision) (*catalog.Layout, error) {
	c, err := a.cycle(ctx, r.Series, r.BusinessDate)
	if err != nil {
		return nil, err
	}
	plan, err := ledger.OfCycle(ctx, a.Store.Queries, c)
	if err != nil {
		return nil, err
	}
	return catalog.OfCycle(ctx, a.Store.Queries, c, plan.Series)
}
