/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The oracle: says from the policy model, slowly and plainly, what must happen
 * to a flow. Shares nothing with the compiler but the model.
 */
#ifndef TWP_POLICY_ORACLE_H
#define TWP_POLICY_ORACLE_H

#include "compile.h"

struct twp_flow {
	struct twp_address client;
	struct twp_address server;
	bool client_local; /* the host itself */
	bool server_local;
	uint8_t protocol;
	uint16_t port; /* host byte order; ICMP: type << 8 */
};

struct twp_answer {
	enum twp_verdict verdict;
	enum twp_verdict direction[TWP_DIRECTIONS];
	/* A rule that decided, NULL for none; one of several where several say the same. */
	const struct twp_rule *rule[TWP_DIRECTIONS];
	const struct twp_policy *policy[TWP_DIRECTIONS];
};

void twp_oracle_ask(const struct twp_compile_input *input, const struct twp_flow *flow,
		    struct twp_answer *answer);

#endif
