/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions that touch the edges of what policies say: of pairs, protocols, ports, prefixes. */
#ifndef TWP_TESTS_QUESTIONS_H
#define TWP_TESTS_QUESTIONS_H

#include "policy/oracle.h"

struct questions {
	struct twp_flow *flow;
	size_t flows;
};

/**
 * questions_make() - flows of one family
 * @most: how many; what there is may be less
 *
 * Pairs and edges (a protocol, and a port at which a rule begins or ends) are
 * walked side by side, in random order: every edge is there while @most is not
 * below their number, and likewise every pair, but for most of those in which no
 * policy has a say. Out of memory ends the program.
 */
void questions_make(struct questions *questions, const struct twp_compile_input *input,
		    uint8_t family, size_t most);
void questions_clean(struct questions *questions);

#endif
