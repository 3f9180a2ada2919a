package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/closeofbusiness/cob/config"
	"github.com/closeofbusiness/cob/report"
)

// The exit codes. docs/operations.md explains them.
const (
	exitDone        = 0   // done; the answer is yes
	exitNo          = 1   // the answer is no, or it failed
	exitUsage       = 2   // wrong use or an invalid file; nothing attempted
	exitUnknown     = 3   // could not find out
	exitInterrupted = 130 // interrupted; what was started goes on
)

// errNo is a "no" that has been printed already.
var errNo = errors.New("no")

// errUsage marks wrong use of the command line.
var errUsage = errors.New("wrong use")

// app is what the commands share.
type app struct {
	out, err io.Writer
	quiet    bool
	json     bool
}

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	a := &app{out: out, err: errOut}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.Is(err, errNo) {
		fmt.Fprintln(errOut, message(err))
	}
	return exitCode(ctx, err)
}

// message is the error without the marks that only choose the exit code.
func message(err error) string {
	return strings.ReplaceAll(report.Message(err), errUsage.Error()+": ", "")
}

func exitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errUsage), errors.Is(err, report.ErrInvalid), errors.Is(err, report.ErrNotDue), errors.Is(err, report.ErrNotFound):
		return exitUsage
	case errors.Is(ctx.Err(), context.Canceled):
		return exitInterrupted
	case errors.Is(err, report.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return exitUnknown
	}
	return exitNo
}

// The groups of commands in the help.
const (
	groupDaily     = "daily"
	groupDecide    = "decide"
	groupData      = "data"
	groupConfigure = "configure"
	groupOperate   = "operate"
)

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "starter",
		Short: "starter issues close-of-business reports",
		Long: `starter issues close-of-business reports and manages what they are made of.

It connects to what DATABASE_URL and TEMPORAL_* name or, where none of them is
set, to the development stack that "make dev" runs, and says which on stderr.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	flags := root.PersistentFlags()
	flags.BoolVar(&a.json, "json", false, "print JSON")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "say nothing but results and errors")
	root.AddGroup(&cobra.Group{ID: groupDaily, Title: "Daily"}, &cobra.Group{ID: groupDecide, Title: "Decide"}, &cobra.Group{ID: groupData, Title: "Data"},
		&cobra.Group{ID: groupConfigure, Title: "Configure"}, &cobra.Group{ID: groupOperate, Title: "Operate"})
	root.SetHelpCommandGroupID(groupOperate)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(groupDaily, a.runCommand(), a.cyclesCommand(), a.factsCommand(), a.narrativeCommand(), a.ackCommand(), a.watchCommand())
	add(groupDecide, a.proceedCommand(), a.waiveCommand())
	add(groupData, a.ingestCommand(), a.referenceCommand(), a.sampleCommand())
	add(groupConfigure, a.seriesCommand(), a.calendarCommand(), a.templateCommand(), a.metricCommand())
	add(groupOperate, a.migrateCommand(), a.initCommand(), a.checkCommand(), a.aiCommand(), a.versionCommand())
	markUsage(root)
	return root
}

// markUsage makes wrong flags and arguments of every command exit with 2.
func markUsage(c *cobra.Command) {
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w: %w. See: %s --help", errUsage, err, c.CommandPath())
	})
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return fmt.Errorf("%w: %w. See: %s --help", errUsage, err, c.CommandPath())
			}
			return nil
		}
	}
	if c.HasSubCommands() && c.RunE == nil {
		c.Args = cobra.ArbitraryArgs // or cobra itself refuses an unknown command, with another exit code
		c.RunE = func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: unknown command %q. See: %s --help", errUsage, args[0], c.CommandPath())
			}
			return c.Help()
		}
	}
	for _, sub := range c.Commands() {
		markUsage(sub)
	}
}

// load reads the settings and says on stderr what they connect to.
func (a *app) load() (*config.Config, error) {
	cfg, err := config.Load()
	if err != nil {
		return nil, err
	}
	a.say("using %s", cfg.Origin)
	for _, name := range cfg.Insecure {
		fmt.Fprintf(a.err, "warning: running with the security exception COB_ALLOW_INSECURE=%s\n", name)
	}
	return cfg, nil
}

// say writes a remark to stderr unless the user wants quiet.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}
