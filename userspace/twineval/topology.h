/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Topologies: network namespaces with a client, a server, and a place on the way
 * between them where a datapath filters.
 */
#ifndef TWP_TWINEVAL_TOPOLOGY_H
#define TWP_TWINEVAL_TOPOLOGY_H

#include <stdbool.h>

#include "policy/error.h"

/* What the packets from client to server come by where they are filtered. */
enum topology_hook {
	TOPOLOGY_FORWARD, /* routed through */
	TOPOLOGY_BRIDGE, /* bridged */
	TOPOLOGY_LOCAL_IN, /* received: the server's own namespace filters */
};

/* As it stands once it is set up. Strings are the topology's. */
struct topology_place {
	enum topology_hook hook;
	int family; /* 4 or 6 */
	const char *client_ns;
	const char *server_ns;
	const char *filter_ns; /* may be the server's */
	const char *client_address;
	const char *server_address;
	const char *client_device; /* in client_ns, towards the server */
	const char *server_device;
	const char *filter_in; /* in filter_ns: where packets of the client come in, */
	const char *filter_out; /* and go out to the server; NULL with TOPOLOGY_LOCAL_IN */
	const char *next_mac; /* next hop's, from the client: for pktgen */
};

struct topology_parts;

struct topology {
	const char *name;
	const char *description; /* one sentence for the report */
	const struct topology_parts *parts;
	struct topology_place place;
};

extern struct topology *const topologies[]; /* ends with NULL */

struct topology *topology_find(const char *name);

/**
 * topology_setup() - make the namespaces and links of a topology
 * @topology: one at a time
 * @offloads: segmentation and receive offloads of every device on or off
 * @error: filled on failure, and then nothing is left behind
 *
 * Namespaces are called twineval-PID-ROLE, MTU is 1500, client and server reach
 * each other when it returns, and neighbours are known for good. Bridges do not call
 * iptables: who needs that turns it on. With an IPv4 place there is no IPv6 at all.
 *
 * Return: 0 or -1.
 */
int topology_setup(struct topology *topology, bool offloads, struct twp_error *error);

/* Ends every program by command_kill_all() and deletes every namespace of this process;
 * async-signal-safe, so that a handler may call it before _exit(2).
 */
void topology_teardown(void);

#endif
