// SPDX-License-Identifier: GPL-2.0-only
/*
 * Experiment change: the policy is changed, in the way of each datapath's users, while the prober asks
 * the filter every millisecond. The probe is allowed first and then denied again, together with as
 * many other entries as the subject says.
 *
 *	apply_ns		how long the command ran that denies
 *	held_ns			from its start to the last packet that the old policy judged
 *	allow_apply_ns, allow_held_ns	the same of the command that allows
 *	lost_packets		datagrams of the flow that is allowed throughout
 *	late_packets		connections that came about late: who judged them when is not known,
 *				and they count in nothing else
 *	misjudged_packets	probes against a policy that already held, and connections
 *				denied though they are allowed throughout
 */
#include <stdio.h>

#include "change.h"
#include "experiments.h"

/* Probes before the change, and after it, that must agree. */
#define CALM 100
#define CALM_TRIES 50

struct change_judged change_judge(const struct probe *probe, size_t count, uint64_t start_ns,
				  bool deny)
{
	struct change_judged judged = { 0 };
	size_t old_after_new = 0;
	bool held = false;

	for (size_t i = 0; i < count; i++) {
		bool old = probe[i].passed == deny;

		if (probe[i].late)
			continue;
		if (probe[i].at_ns < start_ns) {
			judged.misjudged += !old;
			continue;
		}
		if (old)
			judged.held_ns = probe[i].at_ns - start_ns;
		old_after_new += old && held;
		held = held || !old;
	}
	judged.misjudged += old_after_new;
	return judged;
}

bool change_is_calm(const struct probe *probe, size_t from, size_t count, uint64_t now_ns,
		    bool passed)
{
	/* Nothing is known yet of those that were not answered and may still be. */
	if (passed)
		while (count > from && !probe[count - 1].passed)
			count--;
	else
		while (count > from && now_ns - probe[count - 1].at_ns < PROBER_LATE_NS)
			count--;
	if (count < from + CALM)
		return false;
	for (size_t i = count - CALM; i < count; i++)
		if (probe[i].passed != passed)
			return false;
	return true;
}

static int wait_until_calm(const struct prober *prober, bool passed, struct twp_error *error)
{
	const struct probe *probe;
	size_t from = prober_probes(prober, &probe);

	for (int tries = 0; tries < CALM_TRIES; tries++) {
		if (prober_wait(prober, CALM, error))
			return -1;
		if (change_is_calm(probe, from, prober_probes(prober, &probe), prober_now(),
				   passed))
			return 0;
	}
	return twp_error_set(error, "connections to port %d are not all %s after %d probes",
			     EVAL_PROBE_PORT, passed ? "allowed" : "denied", CALM * CALM_TRIES);
}

/* A change, and the probes from the calm before it to the calm after it. */
struct phase {
	bool deny;
	size_t first, end;
	uint64_t start_ns, apply_ns;
};

static int run_phase(const struct point *point, const struct prober *prober, struct phase *phase,
		     unsigned int changed, struct twp_error *error)
{
	const struct probe *probe;

	phase->first = prober_probes(prober, &probe);
	if (wait_until_calm(prober, phase->deny, error))
		return -1;
	phase->start_ns = prober_now();
	if (point->datapath->change(&point->filter, changed, phase->deny, error))
		return -1;
	phase->apply_ns = prober_now() - phase->start_ns;
	if (wait_until_calm(prober, !phase->deny, error))
		return -1;
	phase->end = prober_probes(prober, &probe);
	return 0;
}

static int measure_changes(const struct point *point, struct prober *prober, unsigned int changed,
			   experiment_emit emit, void *context, struct twp_error *error)
{
	struct phase allow = { .deny = false }, deny = { .deny = true };
	struct prober_counts counts;
	const struct probe *probe;
	char subject[16];

	if (prober_start(prober, point->filter.place, error) ||
	    run_phase(point, prober, &allow, changed, error) ||
	    run_phase(point, prober, &deny, changed, error) || prober_stop(prober, &counts, error))
		return -1;
	/* Only now is every verdict known. */
	prober_probes(prober, &probe);

	struct change_judged allowed =
		change_judge(probe + allow.first, allow.end - allow.first, allow.start_ns, false);
	struct change_judged denied =
		change_judge(probe + deny.first, deny.end - deny.first, deny.start_ns, true);

	snprintf(subject, sizeof(subject), "%u", changed);
	emit(context, subject, "apply_ns", (double)deny.apply_ns);
	emit(context, subject, "held_ns", (double)denied.held_ns);
	emit(context, subject, "allow_apply_ns", (double)allow.apply_ns);
	emit(context, subject, "allow_held_ns", (double)allowed.held_ns);
	emit(context, subject, "lost_packets", (double)counts.lost);
	emit(context, subject, "late_packets", (double)counts.late);
	emit(context, subject, "misjudged_packets",
	     (double)(counts.denied + allowed.misjudged + denied.misjudged));
	return 0;
}

static int measure_change(struct point *point, experiment_emit emit, void *context,
			  struct twp_error *error)
{
	static const unsigned int changes[] = { 1, 100, 10000 };
	int result = 0;

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes) && !result; i++) {
		struct prober prober;

		if (changes[i] > point->filter.entries)
			break;
		result = measure_changes(point, &prober, changes[i], emit, context, error);
		prober_clean(&prober);
	}
	return result;
}

static const struct experiment_grid change_quick[] = {
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES("iptables-nomatch", "ipset", "nft-set", "nft-vmap",
					GRID_TWINPATH),
		.entries = GRID_ENTRIES(10000),
		.offloads = GRID_OFF,
	},
	{ 0 },
};

static const struct experiment_grid change_full[] = {
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES(GRID_LINEAR, GRID_HASHED),
		.entries = GRID_ENTRIES(10000),
		.offloads = GRID_OFF,
	},
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES(GRID_HASHED),
		.entries = GRID_ENTRIES(100000),
		.offloads = GRID_OFF,
	},
	{ 0 },
};

const struct experiment experiment_change = {
	.name = "change",
	.title = "Changing the policy",
	.question = "How long until a changed policy holds, and what becomes of packets meanwhile?",
	.grid = { change_quick, change_full },
	.measure = measure_change,
};
