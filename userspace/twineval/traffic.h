/* SPDX-License-Identifier: GPL-2.0-only */
/* What the client of traffic is asked to do, and what it found. */
#ifndef TWP_TWINEVAL_TRAFFIC_H
#define TWP_TWINEVAL_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRAFFIC_MESSAGE_MIN 16 /* bytes */
#define TRAFFIC_MESSAGE_MAX 8192

enum traffic_kind { TRAFFIC_UDP, TRAFFIC_CONNECTS, TRAFFIC_STREAM };

struct traffic_settings {
	enum traffic_kind kind;
	const char *address;
	const char *port;
	uint64_t rate; /* messages or connections a second */
	uint64_t count; /* 0: until duration_ns, or a signal */
	uint64_t duration_ns; /* 0: until count, or a signal */
	uint64_t deadline_ns; /* for an answer */
	uint64_t window; /* messages unanswered at a time */
	size_t size; /* of a message, bytes */
	bool deny; /* nothing may come through */
};

struct traffic_counts {
	uint64_t sent;
	uint64_t received; /* answers that are right and in time */
	uint64_t lost; /* not answered in time */
	uint64_t duplicates;
	uint64_t late; /* answers after the deadline, counted as lost before */
	uint64_t wrong; /* answers with other bytes; with deny, every answer */
	uint64_t refused; /* a socket said so: reset, ICMP error, dropped locally */
	uint64_t retransmits; /* by TCP, of what was lost */
	uint64_t elapsed_ns;
};

void traffic_run(const struct traffic_settings *settings, struct traffic_counts *counts);

#endif
