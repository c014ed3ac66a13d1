/* SPDX-License-Identifier: GPL-2.0-only */
/* Bridge ports: which source addresses may come in by each, of all endpoints that name it. */
#ifndef TWP_TWINPATHD_PORTS_H
#define TWP_TWINPATHD_PORTS_H

#include "module/module.h"
#include "policy/policy.h"

#define TWP_PORT_ADDRESSES 16 /* that the module takes for one port */

struct twp_port_address {
	const char *name; /* of the port; the endpoint's own */
	struct twp_address address;
};

struct twp_ports {
	struct twp_port_address *entry; /* by name, then address */
	size_t count;
};

typedef int twp_port_visit(const char *name, void *context, struct twp_error *error);

/* Names of ports, sorted. */
struct twp_port_names {
	const char **name;
	size_t count;
};

/*
 * The ports of @endpoint, or those @among them (NULL: all). Fails if one has more addresses than the
 * module takes.
 */
int twp_ports_make(struct twp_ports *ports, const struct twp_endpoint *endpoint, size_t endpoints,
		   const struct twp_port_names *among, struct twp_error *error);
void twp_ports_clean(struct twp_ports *ports);

/* Calls for each port of @b, and for each of @a that is not in @b, unless they are the same. */
int twp_ports_changes(const struct twp_ports *a, const struct twp_ports *b, twp_port_visit *call,
		      void *context, struct twp_error *error);

/* Tells the module of port @name: its addresses in @ports, or that it has none. */
int twp_ports_send(const struct twp_ports *ports, const char *name, struct twp_module *module,
		   struct twp_error *error);

#endif
