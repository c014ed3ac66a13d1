/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Truth tables: documents, and of each pair and port what the specification says.
 * Each question is asked of the oracle and of the compiled image.
 */
#ifndef TWP_TESTS_TRUTH_H
#define TWP_TESTS_TRUTH_H

#include <netinet/in.h>

#include "model.h"

enum {
	TCP = IPPROTO_TCP,
	UDP = IPPROTO_UDP,
	SCTP = IPPROTO_SCTP,
	ICMP = IPPROTO_ICMP,
	ICMP6 = IPPROTO_ICMPV6
};

struct truth {
	const char *clause; /* of the specification; NULL: as above */
	const char *policy; /* documents; NULL: as above */
	const char *client, *server; /* addresses, or "host" */
	uint8_t protocol;
	uint16_t port;
	bool passes;
};

/* Inventory of @text, with identities. */
static inline void truth_inventory(struct model *m, const char *text)
{
	struct twp_error error;

	if (twp_inventory_read(&m->inventory, "inventory", text, strlen(text), &error))
		fail_msg("%s", error.text);
	m->endpoint = m->inventory.endpoint;
	m->endpoints = m->inventory.endpoints;
	m->inventory.endpoint = NULL;
	m->inventory.endpoints = 0;
	for (size_t i = 0; i < m->endpoints; i++)
		model_identify(m, &m->endpoint[i]);
}

static inline void truth_run(const char *inventory, const struct truth *truth, size_t count,
			     bool default_deny)
{
	const char *clause = "", *policy = "";
	struct twp_image image = { 0 };
	struct model m = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct twp_flow flow;
		bool passes;

		clause = truth[i].clause ?: clause;
		if (truth[i].policy) {
			twp_image_clean(&image);
			if (m.identities)
				model_clean(&m);
			policy = truth[i].policy;
			model_init(&m);
			m.default_deny = default_deny;
			truth_inventory(&m, inventory);
			if (*policy)
				model_policy(&m, "p", policy);
			model_compile(&m, &image);
		}
		flow = model_flow(truth[i].client, truth[i].server, truth[i].protocol,
				  truth[i].port);
		passes = model_judge(&m, &image, &flow) == TWP_VERDICT_ALLOW;
		if (passes != truth[i].passes)
			fail_msg("%s: %s to %s, protocol %u, port %u %s, with\n%s", clause,
				 truth[i].client, truth[i].server, truth[i].protocol, truth[i].port,
				 passes ? "passes" : "is denied", policy);
	}
	twp_image_clean(&image);
	model_clean(&m);
}

#define TRUTH_RUN(inventory, table) \
	truth_run(inventory, table, sizeof(table) / sizeof(table[0]), false)
/* An endpoint that no policy selects is denied. */
#define TRUTH_RUN_DENIED(inventory, table) \
	truth_run(inventory, table, sizeof(table) / sizeof(table[0]), true)

#endif
