// SPDX-License-Identifier: GPL-2.0-only
/*
 * The standby of backend bpf. It lags behind the judging set by one update, in
 * keys that are remembered: the next update writes these and its own, so its
 * price is that of what changes, however much there is.
 *
 * What takes long and is not needed before the next update is done by a thread
 * meanwhile: to copy the judging set into a new one, and to wait until the last
 * packet has left the set that judged. All else runs in the caller's thread,
 * and only while there is no other.
 */
#include "bpf_standby.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A key costs twice what a row of a load does, and a load as much as this many keys before its
 * first row: so beyond both this and half of the rows a load costs less.
 */
#define KEYS_FEW 8192

/*
 * Packets run the program under rcu_read_lock(). A write of a map of maps returns after a grace
 * period: the kernel promises that no program still sees what was there before (syscall.c,
 * maybe_wait_bpf_programs()). membarrier(2) promises less: it does not wait where one CPU is
 * online, and is refused where one runs without ticks.
 */
static bool grace_period(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);
	const uint32_t key = 0;
	int inner, outer = -1;
	bool waited = false;

	inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "grace_inner", 4, 4, 1, NULL);
	if (inner >= 0) {
		options.inner_map_fd = inner;
		outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "grace", 4, 4, 1, &options);
	}
	if (outer >= 0) {
		waited = !bpf_map_update_elem(outer, &key, &inner, BPF_ANY);
		close(outer);
	}
	if (inner >= 0)
		close(inner);
	return waited;
}

static bool copy(struct twp_bpf_standby *standby)
{
	const struct twp_bpf_maps *from = &standby->from->maps;

	if (twp_bpf_set_make(&standby->set, from->room, NULL))
		return false;
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		if (twp_bpf_map_copy(from->fd[id], standby->set.maps.fd[id], id, &standby->stop,
				     NULL))
			return false;
	}
	return true;
}

static void *background(void *context)
{
	struct twp_bpf_standby *standby = context;

	standby->ready = standby->from ? copy(standby) : grace_period();
	if (!standby->ready)
		twp_bpf_set_close(&standby->set);
	return NULL;
}

/* Signals are the main thread's. */
static void start(struct twp_bpf_standby *standby)
{
	sigset_t all, before;

	standby->ready = false;
	standby->stop = false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	standby->running = !pthread_create(&standby->thread, NULL, background, standby);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!standby->running)
		background(standby);
}

static void finish(struct twp_bpf_standby *standby)
{
	if (standby->running)
		pthread_join(standby->thread, NULL);
	standby->running = false;
}

static void keys_clean(struct twp_bpf_keys keys[TWP_TABLE_COUNT])
{
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		free(keys[id].bytes);
		keys[id] = (struct twp_bpf_keys){ 0 };
	}
}

void twp_bpf_standby_drop(struct twp_bpf_standby *standby)
{
	__atomic_store_n(&standby->stop, true, __ATOMIC_RELAXED);
	finish(standby);
	twp_bpf_set_close(&standby->set);
	keys_clean(standby->stale);
	standby->ready = false;
}

void twp_bpf_standby_copy(struct twp_bpf_standby *standby, const struct twp_bpf_set *judging)
{
	standby->from = judging;
	start(standby);
}

/* The keys of @stale and of @diff, each once. Return: 0, or -1 if out of memory. */
static int keys_join(struct twp_bpf_keys *keys, const struct twp_bpf_keys *stale,
		     const struct twp_table_diff *diff, enum twp_table_id id)
{
	const size_t size = twp_table_layouts[id].key_size;
	size_t i = 0, j = 0;

	keys->bytes = calloc(stale->count + diff->count + 1, size);
	if (!keys->bytes)
		return -1;
	while (i < stale->count || j < diff->count) {
		const void *a = i < stale->count ? twp_bpf_key(stale, id, i) : NULL;
		const void *b = j < diff->count ? diff->change[j].key : NULL;
		const int order = !a ? 1 : !b ? -1 : memcmp(a, b, size);

		memcpy(keys->bytes + keys->count++ * size, order <= 0 ? a : b, size);
		i += order <= 0;
		j += order >= 0;
	}
	return 0;
}

static bool is_much(const struct twp_bpf_standby *standby, const struct twp_image *image,
		    const struct twp_diff *diff)
{
	size_t keys = 0, rows = 0;

	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		keys += standby->stale[id].count + diff->table[id].count;
		rows += image->table[id].count;
	}
	return keys > KEYS_FEW && keys > rows / 2;
}

static bool write_keys(struct twp_bpf_standby *standby, const struct twp_image *image,
		       const struct twp_diff *diff)
{
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		struct twp_bpf_keys keys = { 0 };
		int failed;

		failed = keys_join(&keys, &standby->stale[id], &diff->table[id], id) ||
			 twp_bpf_map_write(standby->set.maps.fd[id], image, &keys, id, NULL);
		free(keys.bytes);
		if (failed)
			return false;
	}
	return true;
}

bool twp_bpf_standby_write(struct twp_bpf_standby *standby, const struct twp_image *image,
			   const struct twp_diff *diff)
{
	finish(standby);
	if (standby->ready && twp_bpf_maps_fit(&standby->set.maps, image) &&
	    !is_much(standby, image, diff) && write_keys(standby, image, diff))
		return true;
	twp_bpf_standby_drop(standby);
	return false;
}

void twp_bpf_standby_swap(struct twp_bpf_standby *standby, struct twp_bpf_set *judging,
			  const struct twp_diff *diff)
{
	static const struct twp_bpf_keys none[TWP_TABLE_COUNT];
	const struct twp_bpf_set written = standby->set;

	standby->set = *judging;
	*judging = written;
	keys_clean(standby->stale);
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		if (keys_join(&standby->stale[id], &none[id], &diff->table[id], id)) {
			twp_bpf_standby_drop(standby);
			return;
		}
	}
	standby->from = NULL;
	start(standby);
}

void twp_bpf_standby_bytes(struct twp_bpf_standby *standby, uint64_t bytes[TWP_TABLE_COUNT])
{
	finish(standby);
	for (int id = 0; standby->set.program >= 0 && id < TWP_TABLE_COUNT; id++)
		bytes[id] += twp_bpf_map_bytes(&standby->set.maps, id);
}
