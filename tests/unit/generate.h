/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random documents that say everything the policy language can: inventory and
 * policies as text, and flows that touch their edges. Seeded by srandom().
 */
#ifndef TWP_TESTS_GENERATE_H
#define TWP_TESTS_GENERATE_H

#include <stddef.h>

#include "policy/oracle.h"

struct text {
	char bytes[1 << 17];
	size_t length;
};

/* A number below @below. */
unsigned int pick(unsigned int below);

/* How often each construct was said. */
struct coverage {
	const char *construct;
	unsigned int said;
};

extern struct coverage coverage[]; /* up to one without a name */

void generate_namespaces(struct text *text);
/* Endpoint @number, in one of the ways in which endpoints are told. */
void generate_endpoint(struct text *text, unsigned int number);
void generate_host(struct text *text);
void generate_policy(struct text *text, unsigned int number);
struct twp_flow generate_flow(void);

#endif
