/* SPDX-License-Identifier: GPL-2.0-only */
/* Events: written by packets to a ring of their CPU, sent by a worker. */
#ifndef TWP_EVENTS_H
#define TWP_EVENTS_H

#include <linux/workqueue.h>

#include "message.h"
#include "uapi/twinpath.h"

/* The rings are emptied ten times a second: so many verdicts a second and CPU at most. */
#define TWP_EVENTS_RING 64
#define TWP_EVENTS_INTERVAL (HZ / 10)

struct twp_event {
	u64 time_ns; /* CLOCK_BOOTTIME */
	enum twp_backend_id backend;
	u32 generation;
	enum twp_verdict verdict;
	enum twp_reason reason;
	struct twp_tuple tuple;
	struct twp_judgement judgement;
	u32 in_ifindex;
	u32 out_ifindex;
};

/* Of one CPU. @head is its packets', @tail the worker's; both only grow. */
struct twp_event_ring {
	u32 head;
	u32 tail;
	struct twp_event event[TWP_EVENTS_RING];
};

struct twp_events {
	struct delayed_work work;
	struct twp_event_ring **ring; /* nr_cpu_ids of them; NULL until needed */
	bool listened; /* somebody is in the group: packets write events */
	bool running; /* the mode is not off: the worker comes back */
	unsigned long notices; /* bit n: of enum twp_event_kind, to be sent */
	u64 lost; /* already told */
};

void twp_events_init(struct twp_events *events);
/* The caller holds the namespace's lock. Return: 0, or -ENOMEM. */
int twp_events_reserve(struct twp_events *events);
void twp_events_start(struct twp_events *events);
void twp_events_stop(struct twp_events *events);
void twp_events_teardown(struct twp_events *events);

/* Sends an event of @kind soon. Process context. */
void twp_events_notice(struct twp_events *events, enum twp_event_kind kind);

/* The same from a packet: sent when the worker comes by. */
static inline void twp_events_notice_packet(struct twp_events *events, enum twp_event_kind kind)
{
	if (!test_bit(kind, &events->notices))
		set_bit(kind, &events->notices);
}

/*
 * The next free event of this CPU, or NULL if the ring is full. Softirqs off;
 * after filling it, twp_events_push().
 */
struct twp_event *twp_events_next(struct twp_events *events);
void twp_events_push(struct twp_events *events);

#endif
