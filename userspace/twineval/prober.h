/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prober: asks the filter every millisecond, or less often if that is too much for the path, while the policy is changed beside it, what it makes
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
#define PROBER_TICK_NS 1000000ull
#define PROBER_TICK_MAX_NS (16 * PROBER_TICK_NS)
#define PROBER_LATE_NS (200 * PROBER_TICK_NS) /* what is answered later was late */

struct probe {
	uint64_t at_ns; /* CLOCK_MONOTONIC, before it was sent */
	bool passed;
	bool late; /* it passed, but nobody knows when it was judged */
};

struct prober {
	pid_t process;
	struct prober_shared *shared;
};

/* What became of the packets that must pass. */
struct prober_counts {
	uint64_t sent, lost; /* datagrams */
	uint64_t connections, denied;
	uint64_t late; /* answers, to probes too */
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

/* The next tick, in which something was late or nothing was. */
uint64_t prober_tick(uint64_t tick_ns, bool late);

/**
 * prober_first_answered() - is a connection's first packet the one that was answered?
 * @age_ns: since it was sent
 * @retransmits: how often TCP sent it again
 * @rtt_ns: what TCP measured from sending to the answer; 0: it could not
 * @answered_ns: since the answer
 */
bool prober_first_answered(uint64_t age_ns, uint64_t retransmits, uint64_t rtt_ns,
			   uint64_t answered_ns);

#endif
