package config

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/closeofbusiness/cob/calls"
	"github.com/closeofbusiness/cob/db"
	"github.com/closeofbusiness/cob/egress"
	"github.com/closeofbusiness/cob/report/analysis/provider"
	"github.com/closeofbusiness/cob/secrets"
)

// Desk makes the place where the providers of cob.yaml are called. Keys are read
// for each call, so that one that was replaced needs no restart.
func (c *Config) Desk(store *db.Store) (*calls.Desk, error) {
	var all []calls.Provider
	var errs []error
	for _, p := range c.AI.Providers {
		made, err := c.provider(p)
		if err != nil {
			errs = append(errs, fmt.Errorf("provider %s: %w", p.Name, err))
			continue
		}
		all = append(all, made)
	}
	return calls.New(store, all...), errors.Join(errs...)
}

func (c *Config) provider(p AIProvider) (calls.Provider, error) {
	options := egress.Options{Endpoints: c.Egress} // each call has a time limit of its own
	if p.SigningKey != "" {
		options.Sign = func(ctx context.Context) ([]byte, error) {
			key, err := (secrets.Resolver{}).Resolve(ctx, p.SigningKey)
			return []byte(key.Reveal()), err
		}
	}
	settings := provider.Config{Kind: p.Kind, BaseURL: p.BaseURL, Model: p.Model, HTTP: egress.New(options),
		AnswerTokens: p.Limits.AnswerTokens, Timeout: p.Limits.Timeout}
	if p.APIKey != "" {
		settings.Key = func(ctx context.Context) (string, error) {
			key, err := (secrets.Resolver{}).Resolve(ctx, p.APIKey)
			return key.Reveal(), err
		}
	}
	asker, err := provider.New(settings)
	return calls.Provider{Name: p.Name, Kind: p.Kind, Model: p.Model, Asker: asker, AnswerTokens: p.Limits.AnswerTokens,
		Price: calls.Price{Input: p.Price.Input, Output: p.Price.Output}, Limits: limits(p.Limits)}, err
}

func limits(l Limits) calls.Limits {
	return calls.Limits{Calls: l.Calls, Per: l.Per, Timeout: l.Timeout, Block: l.Block, Attempts: l.Attempts, Repairs: l.Repairs,
		TokensPerReport: l.TokensPerReport, TokensPerDay: l.TokensPerDay,
		MicroUSDPerReport: micro(l.USDPerReport), MicroUSDPerDay: micro(l.USDPerDay)}
}

// micro is US dollars in millionths.
func micro(usd float64) int64 { return int64(math.Round(usd * 1e6)) }
