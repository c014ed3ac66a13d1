/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Datapaths: the filters that are compared. Each is told where it filters and how
 * many entries it shall hold, and then proves that packets come by.
 *
 * The flow that is measured is TCP from the client to the server's EVAL_PORT, and
 * the replies; UDP to EVAL_PORT for packets per second. It passes. TCP to
 * EVAL_PROBE_PORT is denied, by the last of the entries if they deny, by default if
 * they allow. The other entries stand for somebody else: peers in 172.16.0.0/12 or
 * fd00:172::/32, and ports above 10000.
 *
 * With no entries the filter is in the path and holds none: whether the probe is then
 * denied, datapath_denies() tells. A reply passes wherever its request has passed.
 */
#ifndef TWP_TWINEVAL_DATAPATH_H
#define TWP_TWINEVAL_DATAPATH_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/error.h"
#include "topology.h"

#define EVAL_PORT 5201
#define EVAL_PROBE_PORT 5209

#define DATAPATH_PORTS_MAX 27500 /* entries of DATAPATH_PORTS: each may change to another port */

/* What the entries are made of. */
enum datapath_shape {
	DATAPATH_POLICIES, /* each entry has a peer address of its own */
	DATAPATH_PORTS, /* one peer, the client, each entry has a port of its own: experiment 3 */
};

struct datapath_filter {
	const struct topology_place *place;
	enum datapath_shape shape;
	unsigned int entries;
	const char *folder; /* for its files; it is there, and emptied by the caller */
};

struct datapath {
	const char *name;
	/* For the report: what is matched, and what passes if nothing does. */
	const char *semantics;
	const char *matches; /* "nothing", "addresses and ports" or "labels and ports" */
	bool stateful;
	bool default_deny; /* TCP and UDP that no entry allows; else what no entry denies passes */
	unsigned int max_entries; /* more would take minutes to load or to pass; 0: any */
	const char *const *tools; /* that it runs; ends with NULL */

	/* Return of each: 0, or -1 with a sentence. */

	/* Can it filter there? E.g. not without a kernel feature. NULL: always. */
	int (*able)(const struct datapath_filter *filter, struct twp_error *error);
	int (*setup)(const struct datapath_filter *filter, struct twp_error *error);
	/*
	 * Packets that its own counter has seen since setup() or the last change(); of conntrack,
	 * connections, and they are forgotten. NULL: it has none to see.
	 */
	int (*hits)(const struct datapath_filter *filter, uint64_t *packets,
		    struct twp_error *error);
	/*
	 * Changes @changed entries (1 up to entries) in the way its users would, one of
	 * which decides on TCP to EVAL_PROBE_PORT: denied with @deny, else allowed.
	 * Calls come in pairs with the same @changed, the first without @deny, the second
	 * with it: that takes the first back. NULL: it has no entries.
	 */
	int (*change)(const struct datapath_filter *filter, unsigned int changed, bool deny,
		      struct twp_error *error);
	/* Kernel memory of the entries in bytes, 0 if the kernel does not tell. May be NULL. */
	int (*memory)(const struct datapath_filter *filter, uint64_t *bytes,
		      struct twp_error *error);
	/*
	 * Called once after each setup(), whatever it returned. What goes away with the
	 * namespaces need not be taken down. May be NULL.
	 */
	void (*teardown)(const struct datapath_filter *filter);
};

extern const struct datapath *const datapaths[]; /* ends with NULL, in the order of the report */

const struct datapath *datapath_find(const char *name);

/* Is TCP to EVAL_PROBE_PORT denied once setup() is done? */
bool datapath_denies(const struct datapath *datapath, const struct datapath_filter *filter);

/* Address of the peer of entry @number, below 2^20, of family 4 or 6, with its end. */
void datapath_peer(int family, unsigned int number, char address[40]);

#endif
