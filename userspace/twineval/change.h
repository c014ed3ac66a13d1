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
 * change_judge() - who judged which packet
 * @probe: in the order of sending, all verdicts known
 * @count: of them
 * @start_ns: when the change began
 * @deny: the change denies them; else it allows them
 */
struct change_judged change_judge(const struct probe *probe, size_t count, uint64_t start_ns,
				  bool deny);

#endif
