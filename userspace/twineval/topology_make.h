/* SPDX-License-Identifier: GPL-2.0-only */
/* What a topology is made of, in the words of ip(8). */
#ifndef TWP_TWINEVAL_TOPOLOGY_MAKE_H
#define TWP_TWINEVAL_TOPOLOGY_MAKE_H

#include <stdbool.h>

#include "policy/error.h"

#define TOPOLOGY_SIDES_MAX 4

/* A namespace. In commands "@ROLE" is the name of the namespace of that role. */
struct topology_side {
	const char *role;
	const char *commands; /* of ip -batch, run in it when the links are there */
	const char *segment; /* a command that is run if offloads are off; may be NULL */
	bool forwards;
};

struct topology_parts {
	int family; /* 4 or 6 */
	const char *filter; /* the role that filters; there are "client" and "server" too */
	const char *links; /* commands of ip -batch that make the links */
	struct topology_side side[TOPOLOGY_SIDES_MAX]; /* in order; the last have no role */
};

/**
 * topology_make() - make namespaces, links, addresses, routes and neighbours
 * @parts: what is to be made
 * @offloads: of every device, on or off
 * @error: filled on failure; then topology_unmake() removes what is there
 *
 * Return: 0 or -1.
 */
int topology_make(const struct topology_parts *parts, bool offloads, struct twp_error *error);

/* Deletes all namespaces that were made; async-signal-safe. */
void topology_unmake(void);

/* The name of the namespace of a role, until topology_unmake(). */
const char *topology_namespace(const char *role);

#endif
