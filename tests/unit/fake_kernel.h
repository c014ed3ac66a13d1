/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel of the tests: the module and both backends as the daemon sees them,
 * in memory. Keeps the promises of module.h and backend.h, counts what is done
 * to it, and fails when told to.
 */
#ifndef TWP_TESTS_FAKE_KERNEL_H
#define TWP_TESTS_FAKE_KERNEL_H

#include "backend/backend.h"
#include "module/module.h"

struct fake_side {
	bool there; /* tables, or a program, are there and bound */
	struct twp_image image;
	unsigned int applies, rebuilds; /* that succeeded */
	unsigned int fail_apply, fail_rebuild; /* so many of the next ones */
};

struct fake_port {
	char name[16];
	size_t addresses;
};

struct fake_kernel {
	bool loaded;
	struct fake_side side[2]; /* nft, bpf */
	uint32_t generation;
	bool host_selected;
	uint32_t rules;
	uint32_t mode, backend, deny_action, failure_policy, other_ethertypes;
	unsigned int commits, sweeps, sets; /* sets: of mode and backend */
	unsigned int fail_commit, fail_port;
	struct fake_port port[32];
	size_t ports;
	uint64_t packets[64]; /* by rule number */
	uint32_t tuples; /* of the last bench */
	const Twinpath__V1__Event *tell; /* the last event; NULL: one of kind @event */
	int event;
};

extern struct fake_kernel fake;

/* A machine that was just booted, with the module loaded or not. */
void fake_boot(bool loaded);
void fake_clean(void);
/* Sends an event of this kind. */
void fake_event(int kind);
/* Sends @event, which must outlive its way. */
void fake_tell(const Twinpath__V1__Event *event);
/* Addresses of a port; 0 is none. */
size_t fake_port_addresses(const char *name);

#endif
