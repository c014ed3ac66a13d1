/* SPDX-License-Identifier: GPL-2.0-only */
/* What the prober's packets say about a change of the policy. */
#ifndef TWP_TWINEVAL_CHANGE_H
#define TWP_TWINEVAL_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prober.h"

struct change_judged {
	uint64_t held_ns; /* from the change to the last packet that the old policy judged */
	size_t misjudged; /* by the new policy before the change, by the old after the new held */
};

/**
 * change_judge() - who judged which packet, but the late ones
 * @probe: in the order of sending, all verdicts known
 * @count: of them
 * @start_ns: when the change began
 * @deny: the change denies them; else it allows them
 */
struct change_judged change_judge(const struct probe *probe, size_t count, uint64_t start_ns,
				  bool deny);

/**
 * change_is_calm() - did as many probes as need be agree at last?
 * @probe: in the order of sending
 * @from: the first that counts
 * @count: of all that were sent by @now_ns
 * @now_ns: those that are younger than PROBER_LATE_NS may still be answered
 * @passed: agree in what
 */
bool change_is_calm(const struct probe *probe, size_t from, size_t count, uint64_t now_ns,
		    bool passed);

#endif
