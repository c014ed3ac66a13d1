/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prober: asks the filter every millisecond, while the policy is changed beside it, what it makes
 * of three kinds of packets: a new TCP connection to EVAL_PROBE_PORT, whose verdict changes; a new
 * one to EVAL_PORT, which must always come about; and a datagram of one UDP flow to EVAL_PORT, which
 * must always arrive. A new connection is judged by every datapath, a stateful one included.
 */
#ifndef TWP_TWINEVAL_PROBER_H
#define TWP_TWINEVAL_PROBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy/error.h"
#include "topology.h"

#define PROBES_MAX 131072 /* two minutes */

struct probe {
	uint64_t at_ns; /* CLOCK_MONOTONIC, before it was sent */
	bool passed;
};

struct prober {
	pid_t process;
	struct prober_shared *shared;
};

/* What became of the packets that must pass. */
struct prober_counts {
	uint64_t sent, lost; /* datagrams */
	uint64_t connections, denied;
};

/* Begins to probe, in processes of its own. Return: 0, or -1 with a sentence. */
int prober_start(struct prober *prober, const struct topology_place *place,
		 struct twp_error *error);

/* Probes so far; the later ones may still be under way. Valid until prober_clean(). */
size_t prober_probes(const struct prober *prober, const struct probe **probe);

/* Waits for @more probes. Return: 0, or -1 with a sentence if they do not come, or after a signal. */
int prober_wait(const struct prober *prober, size_t more, struct twp_error *error);

/* Waits for what is under way, and ends it. Return: 0, or -1 with a sentence. */
int prober_stop(struct prober *prober, struct prober_counts *counts, struct twp_error *error);

/* Ends it if prober_stop() did not. */
void prober_clean(struct prober *prober);

uint64_t prober_now(void);

#endif
