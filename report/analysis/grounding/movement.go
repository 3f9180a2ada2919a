package grounding

// movementWords say which way a value went.
var movementWords = []group{
	{upward, "", `rose, risen, rise, rises, rising, increased, increase, increases, increasing, climbed, climb, climbs, climbing, grew, grown, grow, grows,
		growing, growth, up, gained, gain, gains, gaining, went up, gone up, going up, advanced, moved up, edged up, moved upwards, moved higher, upward,
		upwards, rose further, ticked up, moving up, goes up, crept up, creeps up, creeping up, inched up, crept higher, inched higher, came up, uptick, went higher, upward movement, upward change, nudged up, ticked higher, edged higher, edging up, ticking up, moves up, increments, increment, swelled, swelling, gone higher, uptick in, lengthened, lengthening, aged, widened, stepped up, notched up, drifted up, drifted higher, came in higher, stood higher`},
	{downward, "", `slipped, slid, slide, slides, sliding, slipping, sank, sink, sinks, sunk, sinking, creeping down, crept lower, crept down, inched down, shed, fell, fallen, fall, falls, falling, dropped, drop, drops, dropping, declined, decline, declines, declining, decreased, decrease,
		decreases, decreasing, down, went down, gone down, going down, lost, reduced, reduction, reductions, shrank, shrunk, shrinking, moved down,
		edged down, moved downwards, moved lower, downward, downwards, receded, dipped, dip, dips, dipping, came down, ticked down, moving down, goes down,
		shortened, lowered, eased, ease, eases, easing, decrement, shortening, nudged down, ticked lower, edged lower, edging down, ticking down, moves down, gone lower, narrowed, narrowing, downward movement, drifted down, drifted lower, dip in, cut to, retreated, ebbed, softened, abated, came in lower, stood lower, lessened, lowering, subsided, diminished, went lower, contracted`},
	{flat, "", `unchanged, flat, no change from, static, not altered, unaltered, did not vary, stays flat, unvaried, with no change, no net change, showed no change, saw no change, held flat, held level, held constant, held firm, held at the same level, stood still, in line with, on a par with, on par with, the same number, the same figure, the same value, the same level, the same count, the same as it was, holding at, holding steady, hold at, holds at, hold steady, holds steady, unmoved, did not shift, did not differ, has not moved since, never changed, neither up nor down, neither increased nor decreased, neither higher nor lower, did not change, has not changed, have not changed, had not changed, was not changed, not changed, no change, steady, held at,
		held steady, level with, did not move, has not moved, not moved, no movement, stayed at, stayed the same, remained the same, the same as, the same,
		remained, remains, remain, stayed, stays, stay, as before, remained at, no different from, as often as, just as often as, as frequently as, without change, without a change,
		identical, matched, matching, equal to, as many as, no difference, did not rise or fall, neither rose nor fell, kept level, constant`},
	{moved, "", `moved, changed, change, changes, moves, went, goes, going, shifted, shift, movement, difference, differed, differs, moving, changing, net change, swing`},
	{reached, "", `reached, reaches, reaching`},
	{better, "", `improved, improves, improvement, improvements, improving, better, for the better`},
	{worse, "", `worsened, worsens, worsening, worse, deteriorated, deteriorates, deterioration, deteriorating, for the worse`},
}

// comparisonWords compare, and lead to what is compared.
var comparisonWords = []group{
	{relative | upward, "", `higher, more, larger, greater, bigger, longer, above that, additional, further, heavier, older`},
	{relative | downward, "", `lower, fewer, less, smaller, shorter, below that, younger, lighter`},
	{most, "", `highest, largest, greatest, biggest, longest, the most`},
	{least, "", `lowest, smallest, fewest, least, shortest`},
	{beyond | upward, "", `above, above that for, above that of, above that on, above that in, above those of, above those for`},
	{below | downward, "", `below, below that for, below that of, below that on, below that in, below those of, below those for`},
	{beyond, "", `exceeded, exceeds, exceeding, exceed, outnumbered, outnumber, surpassed, surpasses, ahead of, topped, outstripped, outstrips, outpaced, outpaces, outnumbering, surpassing, topping`},
	{below, "", `beneath, short of, behind, trailed, trails, trailing, fell short of, falls short of, lagged, lags, lagged behind, lags behind, fell behind, undershot`},
	{than, "", `than, than that of, than those of, than was, than were, than there were, than had been, than it was, than they were, than did`},
	{into, "", `to`},
	{out, "", `from`},
	{by, "", `by`},
	{against, "", `compared with, compared to, compared, against, versus, relative to, in comparison with, in comparison to, as compared with, as compared to,
		as against, compare with, compares with, compare to, compares to, compared against, set against, when compared with, when compared to, after, as opposed to, measured against, on from,
		in contrast to, in contrast with, by comparison with, vs, rather than, instead of, in place of, next to that, as against that, set beside, in comparison to that, where it was, where it had been, where it stood at, where they were, over and against`},
	{of, "", `of, out of, of the, of all, of all the, out of all the, of the total of, of the overall, of total, of the total number of, of the overall total of, of a combined total of, of an overall, out of the, out of all, of its, of their, out of a total of, of a total of`},
	{or, "", `or, nor`},
	{neither, "", `neither`},
	{scope, "target", `of any target, of all targets, of all the targets, among all targets, of any of the targets, among targets, across the targets, out of the targets, out of all targets, among the target systems, of the target systems, amongst the targets, of the systems, among the systems, target by target, of any system, targets, systems, among the targets, of the targets, assistants`},
	{scope, "category", `of any category, of any attack category, of all categories, of all the categories, among all categories, among categories, across the categories, of the attack categories, among the attack categories, among attack categories, of all attack categories, amongst the categories, categories, attack categories, among the categories, of the categories`},
	{scope, "component", `of any component, of all components, of all the components, among all components, among components, of the measured components, across the components, amongst the components, components, among the components, of the components, services`},
	{scope, "severity", `of any severity level, of all severities, of all the severities, among all severities, among severities, among the severities, across the severities, of the severity levels, among severity levels, among the severity levels, severities, severity levels, of the severities`},
	{scope, "probe", `of any probe, of all probes, of all the probes, among all probes, among probes, across the probes, amongst the probes, probes, among the probes, of the probes`},
	{neutral, "", `among`},
	{asOn, "", `as on, just as on, as had been the case on, as was the case on`},
	{each, "", `each, apiece`},
	{inTurn, "", `respectively, in that order`},
	{share | article, "", `share of, a share of, the share of, proportion of, a proportion of, percentage of, a percentage of, share, proportion, percentage, equal to a share of,
		equivalent to, that is, or a share of, which is, making up, amounting to, representing`},
	{part, "", `of them, of these, of those, of which, of whom, among them, among these, among those, among which, including, includes, included, of it,
		counting among them, of that total, of that number, of the total`},
	{joint, "", `and, but, while, whereas, with, although, though, when, against which, as well as, along with, together with, at which, for which, in which, on which, whose, whilst, where, just as well as, as did, as were`},
	{not, "", `not`},
	{none, "", `no, none, no new, none of the, none of them, none of these, none of those, no open, nothing`},
	{wholeSet, "", `in all, overall, in total, altogether, all told, all in all, in aggregate, taken together, all targets together, across all targets,
		over all targets, for all targets, all severities together, across all severities, of any severity, all categories together, across all categories,
		across the board, of every severity, over all categories, across targets, across severities, across categories, over all severities, as a whole,
		in the aggregate, for all severities, collectively, jointly, in sum total, across the whole set, across the estate, across all systems, over all components, across components, across all components, all of them together, combined, together, for all targets together, across all targets together`},
	{alike, "", `like for like, like-for-like, on a like-for-like basis, on a like for like basis, over what was measured on both days, measured on both days,
		over the cells measured on both days, in what was measured on both days, in like-for-like terms, in the cells measured on both days,
		across what was measured on both days, over the same cells, comparing like with like, within what was measured on both days`},
	{leaving, "", `leaving, leaves, left, which leaves, which left`},
}

// periodWords name the two business days.
var periodWords = []group{
	{prior, "", `the previous business day, previous business day, the business day before, the prior business day, prior business day, the preceding business day,
		preceding business day, the previous day, the prior day, the preceding day, a business day earlier, a business day before, the business day earlier,
		previously, beforehand, before, earlier, on the business day before, business day before, the business day prior to that, the business day preceding, that previous day, prior, the business day prior, business day prior`},
	{newDay, "", `on, as of, as at`},
	{today, "", `now, currently, at present, on the day, this business day, at the cutoff, at the close of business, at close of business, at the close, by the close of business,
		at its end, at its close, by its end, by its close, at the end of it, at the end of the day, by the end of the day, by close of business, over the day, during the day, in the window, at the end of the window,
		within the window, during the window, at the close of the day, by the close, in the reporting window, within the day, in the course of the day,
		by the cutoff, on the business day, for the day, of the day, the day 's, in this window, of this business day, this day, as of the cutoff, as of the close, as of close of business, on this business day, by the close of the day, at day end, by day end, at the day 's end, by the day 's end, at the day 's close, by the day 's close, at end of day, by end of day, at the end of the business day, by the end of the business day, during the business day, over the business day, in the day, within the business day, at the time of reporting, at cutoff, by cutoff, as of the report, at the close of the business day, by the end of the window, over the reporting window, during the reporting window, over the course of the day, over the window`},
	{basis, "", `since the previous business day, over the previous business day, from the previous business day, day on day, day-on-day, from the previous business day to this one, between the days, between the business days, between the previous business day and this one,
		from one business day to the next, since the prior business day, over the prior business day, since the preceding business day, over the preceding business day, day over day, day-over-day, business day on business day, from day to day, relative to the previous business day, between the two business days, between the two days, since the business day before, over the business day before, from the business day before, from the prior business day, from the preceding business day`},
}

// calendarDayBefore are names of the previous business day where that is the
// day before in the calendar too.
const calendarDayBefore = `the day before, a day earlier, the day earlier, a day before, on the day before, day before, the day prior`

var weekdays = map[string]bool{"monday": true, "tuesday": true, "wednesday": true, "thursday": true, "friday": true, "saturday": true, "sunday": true}
