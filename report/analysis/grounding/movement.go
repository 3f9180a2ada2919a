package grounding

// movementWords say which way a value went.
var movementWords = []group{
	{upward, "", `rose, risen, rise, rises, rising, increased, increase, increases, increasing, climbed, climb, climbs, climbing, grew, grown, grow, grows,
		growing, growth, up, gained, gain, gains, gaining, went up, gone up, going up, advanced, moved up, edged up, moved upwards, moved higher, upward,
		upwards, rose further, ticked up, moving up, goes up, crept up, inched up, crept higher, inched higher, came up, uptick, went higher`},
	{downward, "", `slipped, slid, slipping, crept down, inched down, shed, fell, fallen, fall, falls, falling, dropped, drop, drops, dropping, declined, decline, declines, declining, decreased, decrease,
		decreases, decreasing, down, went down, gone down, going down, lost, reduced, reduction, reductions, shrank, shrunk, shrinking, moved down,
		edged down, moved downwards, moved lower, downward, downwards, receded, dipped, dip, dips, dipping, came down, ticked down, moving down, goes down,
		shortened, lowered, eased, subsided, diminished, went lower, contracted`},
	{flat, "", `unchanged, flat, did not change, has not changed, have not changed, had not changed, was not changed, not changed, no change, steady, held at,
		held steady, level with, did not move, has not moved, not moved, no movement, stayed at, stayed the same, remained the same, the same as, the same,
		remained, remains, remain, stayed, stays, stay, as before, remained at, no different from, without change, without a change,
		identical, matched, matching, equal to, as many as, no difference, did not rise or fall, neither rose nor fell, kept level, constant`},
	{moved, "", `moved, changed, change, changes, moves, went, goes, going, shifted, shift, movement, difference, differed, differs, moving, changing, net change, swing`},
	{reached, "", `reached, reaches, reaching`},
	{better, "", `improved, improves, improvement, improvements, improving, better, for the better`},
	{worse, "", `worsened, worsens, worsening, worse, deteriorated, deteriorates, deterioration, deteriorating, for the worse`},
}

// comparisonWords compare, and lead to what is compared.
var comparisonWords = []group{
	{relative | upward, "", `higher, more, larger, greater, bigger, longer, above that, additional`},
	{relative | downward, "", `lower, fewer, less, smaller, shorter, below that`},
	{most, "", `highest, largest, greatest, biggest, longest, the most`},
	{least, "", `lowest, smallest, fewest, least, shortest`},
	{beyond | upward, "", `above`},
	{below | downward, "", `below`},
	{beyond, "", `exceeded, exceeds, exceeding, exceed, outnumbered, outnumber, surpassed, surpasses, ahead of, topped`},
	{below, "", `beneath, short of, behind`},
	{than, "", `than`},
	{into, "", `to`},
	{out, "", `from`},
	{by, "", `by`},
	{against, "", `compared with, compared to, compared, against, versus, relative to, in comparison with, in comparison to, as compared with, as compared to,
		as against, set against, when compared with, when compared to, after, as opposed to, measured against, on from,
		in contrast to, in contrast with, by comparison with`},
	{of, "", `of, out of, of the, of all, out of the, out of all, of its, of their, out of a total of, of a total of`},
	{or, "", `or, nor`},
	{neither, "", `neither`},
	{scope, "target", `targets, systems, among the targets, of the targets, assistants`},
	{scope, "category", `categories, attack categories, among the categories, of the categories`},
	{scope, "component", `components, among the components, of the components, services`},
	{scope, "severity", `severities, severity levels, of the severities`},
	{scope, "probe", `probes, among the probes, of the probes`},
	{neutral, "", `among`},
	{asOn, "", `as on, just as on, as had been the case on, as was the case on`},
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
		in the aggregate, for all severities, all of them together, combined, together, for all targets together, across all targets together`},
	{alike, "", `like for like, like-for-like, on a like-for-like basis, on a like for like basis, over what was measured on both days, measured on both days,
		over the cells measured on both days, in what was measured on both days, in like-for-like terms, in the cells measured on both days,
		across what was measured on both days, over the same cells, comparing like with like, within what was measured on both days`},
	{leaving, "", `leaving, leaves, left, which leaves, which left`},
}

// periodWords name the two business days.
var periodWords = []group{
	{prior, "", `the previous business day, previous business day, the business day before, the prior business day, prior business day, the preceding business day,
		preceding business day, the previous day, the prior day, the preceding day, a business day earlier, a business day before, the business day earlier,
		previously, beforehand, before, earlier, on the business day before, business day before, the business day prior, business day prior`},
	{newDay, "", `on, as of, as at`},
	{today, "", `on the day, this business day, at the cutoff, at the close of business, at close of business, at the close, by the close of business,
		at the end of the day, by the end of the day, by close of business, over the day, during the day, in the window, at the end of the window,
		within the window, during the window, at the close of the day, by the close, in the reporting window, within the day, in the course of the day,
		by the cutoff, on the business day, for the day, of the day, the day 's, in this window, of this business day`},
	{basis, "", `since the previous business day, over the previous business day, from the previous business day, day on day, day-on-day, from the previous business day to this one, between the days, between the business days, between the previous business day and this one,
		from one business day to the next`},
}

// calendarDayBefore are names of the previous business day where that is the
// day before in the calendar too.
const calendarDayBefore = `the day before, a day earlier, the day earlier, a day before, on the day before, day before, the day prior`

var weekdays = map[string]bool{"monday": true, "tuesday": true, "wednesday": true, "thursday": true, "friday": true, "saturday": true, "sunday": true}
