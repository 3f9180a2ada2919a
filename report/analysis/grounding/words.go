package grounding

// neutralWords carry a sentence and say nothing that could be false.
var neutralWords = []group{
	{neutral | article, "", `the, a, an, its, their, this, that, these, those, 's, a level of, a value of, a figure of,
		the level of, the value of, the figure of, a total of, a count of, a number of, totals of, the mark of, a reading of`},
	{neutral, "", `it, they, them, there, which, who, ones, itself, themselves, as, as well, at, in, into, within, during, for, per the report,
		via, under, regarding, concerning, as regards, as for, with regard to, with respect to, in terms of, in respect of, by way of,
		counting, being, having, one by one, in the case of, turning to, looking at, as to, on the subject of`},
	{neutral, "", `also, too, meanwhile, separately, in addition, additionally, moreover, furthermore, besides that, 
		namely, here, then, in turn, for its part, for their part, in particular, specifically, in detail, individually, by itself,
		by comparison, in comparison, by contrast, in contrast, for comparison, however, conversely, on the other hand,
		instead, alongside, at the same time, on this measure, on that measure, by that measure, by this measure, as measured,
		as recorded, as reported, as counted, still, to date, so far, as it stands, of the time, in sum, in short, to sum up, in summary, in brief, by day, by number, in number, numerically, in absolute terms, by count, in count, on the attack side, on the testing side, on the findings side, on the health side, on the operations side, on record, in the data, in the report, in this report, in the figures, by severity, by target, by category, by component, by probe`},
	{neutral | verb, "", `stood, stands, standing, amounted, amounts, amounting, came, comes, coming, came in, comes in, coming in, totalled, totals, totalling,
		numbered, numbering, counted, counts, recorded, recording, reported, reporting, logged, logging,
		registered, registers, registering, showed, shows, shown, showing, saw, sees, seen, seeing, gave, gives, given, giving,
		made, make, makes, making, measured, measures, measuring, put, puts, lay, lies, lying, sat, sits, sitting, posted,
		accounted, accounts, accounting, comprised, comprises, comprising, carried, carries, carrying, noted, notes, observed, observes,
		read, reads, reading, listed, written, documented, collected, received, produced, produces,
		yielded, yields, yielding, contributed, contributes, contributing, represented, represents, representing, formed, forms, forming,
		covered, covers, covering, featured, features, figured, ended, ends, ending, finished the day, ended the day, ended with, ended the day with, ending the day with, ended the day on, ending with, closed out the day at, closing out the day at,
		took, takes, taken, taking, found to be, known to be, described, describes, summed, sums, held a total of,
		experienced, underwent, displayed, displays, exhibited, exhibits, presented, presents, tallied, landed, lands,
		stood out with, left the day, appeared, appears, drew, hold, holds, held, logged in total, clocked, make up, makes up, made up, account for, accounts for, accounted for, fell under, falls under, fall under, fell within, falls within, fall within, fell into, falls into, fall into`},
	{neutral | helper | verb, "", `was, were, is, are, be, been, has, have, had, did, does, do`},
	{neutral | thing, "", `number, numbers, count, counts, total, totals, value, values, level, levels, figure, tally, tallies, sum, measure, reading,
		readings, measurement, measurements, comparison, basis, summary, day, business day, business date, date, window, reporting window,
		reporting day, category, target, component, severity, probe, detector, system, stock, balance, backlog, volume, volumes, attack category,
		target system, data, health data, status, state, testing, test, security, overall level, severity level, severity band, red-teaming`},
	{neutral, "", `corresponding, current, present, daily, total count, combined total, attack, attacks, attacking, malicious, adversarial, red-team, automated, simulated, respective, named, above-named, listed, said, known, reported total`},
}

// subjectWords name what the metrics count, and which of them.
var subjectWords = []group{
	{noun, featRate, `attack success rate, success rate, attack success, succeeded at a rate of, succeed at a rate of, attack success rates, success rates, rate, rates, hit rate, hit rates,
		attack rate, rate of attack success, rate of successful attacks, rate of attacks that succeeded,
		rate at which attacks succeeded, share of attacks that succeeded, attacks succeeded at a rate of`},
	{noun | wholeSet, featRate, `overall rate, total rate, overall success rate, total success rate, total attack success rate`},
	{noun, featHit, `hit, hits, successful attack, successful attacks, attacks succeeded, attack succeeded, attacks were successful,
		attacks that succeeded, successful hits, attack successes, attacks got through, attacks that got through`},
	{noun, featSucceeded, `succeeded, succeed`},
	{noun, featEvaluation, `evaluation, evaluations, evaluated attempt, evaluated attempts, evaluated attacks, attack evaluations, attacks evaluated,
		test evaluations, attempts evaluated, attacks were evaluated, attempts were evaluated, evaluated prompts, responses evaluated, evaluated, evaluate, evaluation count, number of evaluations, evaluation volume, evaluated responses, evaluated outputs, outputs evaluated, prompts evaluated, prompts were evaluated, responses were evaluated, completed evaluations, evaluations completed, evaluations were completed`},
	{noun, featPrompt, `prompt, prompts, attempt, attempts, attack attempt, attack attempts, attack prompt, attack prompts, test prompts, test prompt`},
	{noun, featRun, `run, runs, test run, test runs, attack run, attack runs, scheduled test runs, scheduled test run`},
	{noun, featFinding, `finding, findings, security finding, security findings`},
	{noun, featIncident, `incident, incidents, security incident, security incidents`},
	{noun, featAction, `action, actions, action item, action items, follow-up actions, follow-up action`},
	{noun, featFigure, `figures, report figures, of the figures`},
	{noun, featSample, `sample, samples, health sample, health samples, health data samples`},
	{noun, featAvailability, `availability, uptime, availability rate, measured availability, available`},
	{noun, featLatency, `latency, p95 latency, latencies, p95 latencies, p95, response latency, p95 response latency, latency at p95, latency at the p95,
		latency measured at p95, p95 response time`},
	{noun, featAck, `median time to acknowledge, median time to acknowledgement, time to acknowledge, time to acknowledgement,
		median acknowledgement time, acknowledgement time, median time to acknowledge a finding, median time to acknowledge findings,
		time to acknowledge a finding, time to acknowledge findings, median acknowledgement, median acknowledgement delay,
		median time taken to acknowledge a finding, median time taken to acknowledge findings, median wait for acknowledgement,
		median time before a finding was acknowledged, median time until a finding was acknowledged`},
	{noun, featClose, `median time to close, time to close, median closing time, closing time, median time to closure, time to closure,
		median time to close a finding, median time to close findings, time to close a finding, time to close findings, median closure time,
		median time taken to close a finding, median time taken to close findings, median time needed to close a finding, closure time`},
	{noun, featMedian, `median, median time, median of, median time of, median delay, median wait`},
	{noun, featOldest, `oldest, longest-standing, longest standing, longest-open, longest open, oldest age`},
	{state, featAge, `age, old, aged, has been open for, had been open for, has stood open for, has been open, had been open, dates back, open age`},

	{state, featSent, `sent, issued, submitted, dispatched, fired, sent out`},
	{state, featAnswered, `answers were received to, answers were received for, an answer was received to, answers came back for, met with an answer, were met with an answer, returned an answer, returned a response, with a response, replied to, received a reply, got a reply, answered, received an answer, got an answer, drew an answer, were given an answer, with an answer, received answers, got answers,
		drew a response, received a response, got a response, responded to`},
	{state, featUnanswered, `no reply, without a reply, received no reply, got no reply, were left without an answer, left without an answer, without any answer, without any response, were left unanswered, unreturned, not responded to, were not responded to, not replied to, go unanswered, going unanswered, yielded no answer, produced no answer, failed to receive an answer, unanswered, not answered, went unanswered, without an answer, without answer, without answers, received no answer,
		got no answer, had no answer, drew no answer, no answer, no response, received no response, drew no response, without a response,
		without response, were not answered, was not answered, remained unanswered, remain unanswered, left unanswered, not be answered,
		did not receive an answer, did not get an answer, did not receive a response, had not been answered, have not been answered, stayed unanswered`},
	{state, featPlanned, `planned, scheduled, due to run, on the plan, in the plan, on the schedule`},
	{state, featCompleted, `completed, complete, finished, completing, were brought to completion, ran to completion, run to completion, reached completion,
		completions, completion`},
	{state, featDone, `done, dealt with, marked done, marked as done, ticked off`},
	{state, featFailed, `failed, failing, fail, failure, failures, ended in failure, broke off`},
	{state, featNotStarted, `not started, did not start, not start, never started, unstarted, failed to start, has not started, have not started,
		had not started, were not started, was not started, without a start, did not begin, never began, never ran, did not run, not begun, had not begun, left unstarted, remained unstarted`},
	{state, featOpened, `opened, new, newly opened, raised, newly raised, newly found, opening, openings, opens, filed, newly filed, added, newly added,
		created, newly created, newly recorded, newly reported, came in new, newly logged`},
	{state, featClosed, `closed, newly closed, closures, closure, closing, closes, close, to close`},
	{state, featResolved, `resolved, newly resolved, resolution, resolutions`},
	{state, featOpen, `open, still open, outstanding, still outstanding, remain open, remained open, remains open, remaining open, stay open, stayed open,
		stand open, stood open, left open, unresolved, remain outstanding, remained outstanding, remained unresolved, remain unresolved, in the open state,
		not closed, not yet closed, kept open, currently open`},
	{state, featOverdue, `overdue, past due, past their due date, past its due date, remain overdue, remained overdue, now overdue,
		past their due dates, are past due, beyond their due date, beyond their due dates`},
	{state, featBefore, `started at, starting at, started the day at, began at, beginning at, began the day at, opened the day at, starting from, starting with, started with, began with, began the day with, started the day with, starting the day with, starting the day at, beginning with, day began with, day started with, day opened with, at the start of the day, at the start of the window, at the start, at the beginning of the day, at the beginning of the window, at the outset, at the opening, already open, open at the beginning of the day, before the day, before the window, open before the day, open before the window, open at the outset, carried into the window, brought forward, carried over from the previous business day, inherited, open before the business day, open at the start of the business day, at the start of the business day, open before the window began, open before the day began, open going into the day, going into the day, open before, open at the start, open beforehand, open at the start of the day, open at the start of the window, carried into the day,
		carried over from the day before, carried forward, carried over, opening balance, opening stock, open when the day began, open when the window began`},
	{state, featRerated, `net, re-rated, rerated, re-rating, re-ratings, net re-rating, net re-ratings, re-rated on balance, re-rated net, net re-rated`},
	{state, featAcknowledged, `acknowledged, acknowledgements, acknowledgement, acknowledge, to acknowledge`},
	{state, featExpected, `expected, were expected, was expected, had been expected, of those expected, as expected samples, expected samples, samples expected, samples that were expected, samples were expected, expected health samples`},
	{noun, featSample, `expected samples, samples expected, samples that were expected, samples were expected, expected health samples`},

	{noun | relative | downward, featRate, `succeeded less often, succeed less often, succeeded less frequently, were less successful, less successful`},
	{noun | relative | upward, featRate, `succeeded more often, succeed more often, succeeded more frequently, were more successful, more successful`},
	{noun | downward, featAck, `acknowledged faster, acknowledged more quickly, acknowledged sooner, faster acknowledgement, quicker acknowledgement, acknowledgement was faster, acknowledgement was quicker`},
	{noun | upward, featAck, `acknowledged slower, acknowledged more slowly, acknowledged later, slower acknowledgement, acknowledgement was slower`},
	{noun | downward, featClose, `closed faster, closed more quickly, closed sooner, faster closure, quicker closure, closure was faster, closure was quicker, faster closing`},
	{noun | upward, featClose, `closed slower, closed more slowly, closed later, slower closure, closure was slower, slower closing`},
	{noun | downward, featLatency, `responded faster, responded more quickly, responses were faster, faster responses, faster responses at p95, faster at p95`},
	{noun | upward, featLatency, `responded slower, responded more slowly, responses were slower, slower responses, slower responses at p95, slower at p95`},

	{unmeasured, "", `no measured, has no measured, have no measured, had no measured, no measurement of, no measurement exists for, no measurement exists of, there is no measurement of, there is no measurement for, no measurement was made of, not measured, no reading, no measured value, no measured values, without a measured value, have no reading, has no reading, had no reading, had no measured value, no readings, no measurements, unmeasured, not been measured, not be measured, no measurement, without a measurement, was not measured, were not measured,
		is not measured, are not measured, has not been measured, have not been measured, could not be measured, went unmeasured, remained unmeasured,
		has no measurement, have no measurement, had no measurement, has no measured value, have no measured value, remains unmeasured, remain unmeasured,
		not available as a measurement, lacks a measurement, lack a measurement, lacks a measured value`},
	{noFigure, "", `no figure, no earlier figure, nothing to compare with, no value to compare with, no figure to compare with, no comparison value,
		nothing to compare it with, no value, no comparable figure, no comparison figure, no comparison, no comparison is possible, cannot be compared`},
	{cell, "", `cell, cells`},
}

// The features of nouns and states, by which a metric is recognised.
const (
	featRate         = "rate "
	featHit          = "hit "
	featSucceeded    = "succeeded "
	featMedian       = "median "
	featEvaluation   = "evaluation "
	featPrompt       = "prompt "
	featRun          = "run "
	featFinding      = "finding "
	featIncident     = "incident "
	featAction       = "action "
	featFigure       = "figure "
	featSample       = "sample "
	featAvailability = "availability "
	featLatency      = "latency "
	featAck          = "ack "
	featClose        = "close-time "
	featOldest       = "oldest "
	featAge          = "age "
	featSent         = "sent "
	featAnswered     = "answered "
	featUnanswered   = "unanswered "
	featPlanned      = "planned "
	featCompleted    = "completed "
	featDone         = "done "
	featFailed       = "failed "
	featNotStarted   = "not-started "
	featOpened       = "opened "
	featClosed       = "closed "
	featResolved     = "resolved "
	featOpen         = "open "
	featOverdue      = "overdue "
	featBefore       = "before "
	featRerated      = "re-rated "
	featAcknowledged = "acknowledged "
	featExpected     = "expected "
	featUnmeasured   = "unmeasured "
	featRan          = "ran " // of evaluations alone: a run that ran may have failed
)
