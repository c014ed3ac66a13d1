/* SPDX-License-Identifier: GPL-2.0-only */
/* What oracle.c and oracle_match.c share, and nobody else. */
#ifndef TWP_POLICY_ORACLE_MATCH_H
#define TWP_POLICY_ORACLE_MATCH_H

#include "oracle.h"

/* One end of a flow. */
struct twp_end {
	const struct twp_endpoint *endpoint; /* NULL: the world, or a host that is no endpoint */
	bool is_host;
	bool is_world; /* no endpoint and not the host: no policy can select it */
	bool by_address;
	struct twp_address address; /* if asked for by it */
};

bool twp_oracle_selects(const struct twp_compile_input *input, const struct twp_selector *selector,
			const struct twp_end *end, bool as_peer);
bool twp_oracle_covers_peer(const struct twp_compile_input *input, const struct twp_rule *rule,
			    const struct twp_end *end);
/* @server: whose names of ports count. */
bool twp_oracle_covers_port(const struct twp_rule *rule, const struct twp_end *server,
			    uint8_t protocol, uint16_t number);

#endif
