/* SPDX-License-Identifier: GPL-2.0-only */
/* The standby: the set that does not judge, and how far it is from the one that does. */
#ifndef TWP_BACKEND_BPF_STANDBY_H
#define TWP_BACKEND_BPF_STANDBY_H

#include <pthread.h>

#include "bpf_set.h"

struct twp_bpf_standby {
	struct twp_bpf_set set; /* while @running, the thread's */
	struct twp_bpf_keys stale[TWP_TABLE_COUNT]; /* in which it differs from what judges */
	const struct twp_bpf_set *from; /* that it becomes a copy of; NULL: it has judged */
	pthread_t thread;
	bool running;
	bool stop; /* the thread's work is in vain */
	bool ready; /* the thread succeeded */
};

#define TWP_BPF_STANDBY_NONE ((struct twp_bpf_standby){ .set = TWP_BPF_SET_NONE })

/* Closes it. It may be there or not. */
void twp_bpf_standby_drop(struct twp_bpf_standby *standby);

/**
 * twp_bpf_standby_copy() - make one, equal to the set that judges
 * @standby: dropped
 * @judging: must not be closed nor written before the next call, whichever that is
 *
 * The work is done in the background. Out of memory there is no standby.
 */
void twp_bpf_standby_copy(struct twp_bpf_standby *standby, const struct twp_bpf_set *judging);

/**
 * twp_bpf_standby_write() - make it hold another image
 * @image: next
 * @diff: to @image from what judges
 *
 * Waits for what is done in the background.
 *
 * Return: whether it holds @image, and nobody reads it; if not, it was dropped.
 */
bool twp_bpf_standby_write(struct twp_bpf_standby *standby, const struct twp_image *image,
			   const struct twp_diff *diff);

/**
 * twp_bpf_standby_swap() - the other one judges now
 * @standby: as written, and then bound; becomes @judging as it was
 * @judging: becomes what was written
 * @diff: between the two
 */
void twp_bpf_standby_swap(struct twp_bpf_standby *standby, struct twp_bpf_set *judging,
			  const struct twp_diff *diff);

/* Adds its kernel memory to @bytes, by table. Waits as twp_bpf_standby_write() does. */
void twp_bpf_standby_bytes(struct twp_bpf_standby *standby, uint64_t bytes[TWP_TABLE_COUNT]);

#endif
