package grounding

// reportingWords are more verbs of reporting, and adverbs and prepositions that
// say nothing which could be false. A verb that says something of the things
// that are counted ("tested", "handled", "carried out") is none: see featRan.
var reportingWords = []group{
	{neutral | verb, "", `returned, returns, returning, delivered, delivers, delivering, provided, provides, providing, generated, generates, generating,
		represent, constituted, constitutes, constitute, constituting, stand, account, amount, totaled, totaling, logs, log, reports, report, record,
		records, arrived at, arriving at, settled at, settling at, settles at, ended up at, ending up at, finishing the day, ended the business day,
		ended the window, closed the day, closing the day, belonged, belongs, belonging, belong, originated,
		originates, originating, targeted, aimed at, directed at, sum up, summed up, comes out at, came out at, coming out at, worked out at,
		incurred, incurs, incurring, detected, detects, found, finds, identified, identifies, achieved, achieves, achieving, achieve,
		operated at, operates at, operating at, performed at, performs at, ran at, running at, runs at, posts, posting, post, exist, exists, existed,
		consisted, consists, consisting, composed, made up of, sat at, sits at, sitting at, rests at, rested at, resting at,
		be seen, to be found, holding, clocks, clocking, observing, noting, calculated, computed, yield, contribute, comprise, cover, form, sit, lie,
		show, see, give, receive, receiving, receives, getting, gets, get, got, collecting, collects, produce, producing, fielded, leaves it at, left it at,
		brought, brings, bringing, bring, takes it, taking it, takes the total, puts it, putting it`},
	{neutral, "", `across, amongst, through, upon, on top of, beside, per, likewise, similarly, correspondingly, on this day, in that regard,
		in this regard, on that front, on this front, on the same measure, by then, at that time, at that point, at this point, at the time of the report,
		at report time, own, one by one, side by side, in figures, when it comes to, in the area of, in the field of, on the side of`},
	{neutral | article, "", `a further, an additional, its total of, their total of, the total of, the count of, the number of, a rate equal to, an overall,
		that figure of, a new total of, a combined, a level equal to`},
	{joint, "", `yet, albeit, even as, even though, in which case, during which, plus, and then, and also, followed by`},
	{state, featRan, `were run, was run, are run, is run, been run, being run, started, began, begun, start, starts, starting, ran, took place, take place, takes place, taking place, carried out, conducted,
		performed, launched, executed, occurred, happened, tested, processed, undertaken`},
	{flat, "", `kept, keeps, keeping, keep, maintained, maintains, maintaining, maintain, retained, retains, retaining, retain, preserved`},
}

// regularWords are verbs that are written in their first form.
var regularWords = []group{
	{neutral | verb, "", inflected(`land, total, record, register, log, report, show, number, count, account, amount, measure, list, document, note, observe, receive, produce,
		yield, contribute, represent, cover, feature, display, exhibit, present, tally, appear, return, deliver, provide, generate, settle at,
		arrive at, belong, originate, detect, identify, achieve, operate at, perform at, post, exist, clock, collect, capture, comprise,
		end up at, net out at, clock in at, check in at, weigh in at, feature in, figure in, reveal, outline`)},
	{upward, "", inflected(`lift, increase, climb, gain, advance, edge up, edge higher, tick up, tick higher, inch up, inch higher, nudge up, nudge higher,
		move up, move higher, move upwards, step up, drift up, drift higher, lengthen, widen, swell, march up, notch up, extend, expand, pick up`)},
	{downward, "", inflected(`drop, decline, decrease, reduce, lower, ease, slip, dip, subside, diminish, contract, shorten, recede, retreat, edge down, edge lower, tick down,
		tick lower, inch down, inch lower, nudge down, nudge lower, move down, move lower, move downwards, step down, drift down, drift lower,
		lessen, abate, ebb, narrow, drop off, taper, taper off, ease off`)},
	{moved, "", inflected(`move, change, shift, differ, vary, alter`) + ", swung, swings, swinging, altered"},
	{better, "", inflected(`improve`)},
	{worse, "", inflected(`worsen, deteriorate, degrade`)},
	{flat, "", inflected(`remain, stay, match, maintain, retain, stay flat, stay level, stay constant, stay unchanged, remain flat, remain level, remain constant, remain unchanged, remain steady, stay steady`)},
}

// returned in another sense says what was the case earlier.
const backWords = `returned to, returns to, returning to, back, back to, back at, recovered, recovers, recovering, rebounded, restored, fell back, came back`
