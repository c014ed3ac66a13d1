// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backend bpf: two sets of a program and its maps. One judges; the other one,
 * the standby, is brought to the next image and then bound by the module in one
 * swap of a pointer, and they have changed places.
 *
 * So a packet is judged by one image, whole, in maps that nobody writes, and a
 * set is written only when the last packet has left it. Changing the maps that
 * packets are judged by cannot promise that, in whatever order:
 *
 * - Two endpoints that change identity do so in two updates. Between them a
 *   flow from one to the other has an old and a new identity, a pair that
 *   neither generation has rules for. The same holds for an address and the
 *   rules of its identity, and for a host's row and the prefix behind it.
 * - A judgement makes several lookups. What it has not found yet can be removed
 *   before it comes to it, so the steps would have to be a grace period apart.
 * - The kernel's hash adds the new element of a key at the front of its bucket
 *   and then takes the old one out: a lookup that is past the front and not yet
 *   at the old one finds neither. And the old one is used again at once, for the
 *   next key, under the eyes of whoever has just found it.
 *
 * The price is twice the memory. Maps therefore have room for what they hold
 * and a little more, not for the configured size, which is only the bound. What
 * outgrows them, or changes much of them, is loaded into a new set.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../module/module.h"
#include "bpf_standby.h"

struct bpf {
	struct twp_module *module; /* NULL: nobody to bind with */
	char *folder;
	struct twp_sizes sizes;
	uint8_t tag[BPF_TAG_SIZE]; /* of this build's program, as the kernel makes it */
	struct twp_bpf_set judging; /* the last one that was bound, or found */
	struct twp_bpf_standby standby;
};

static void bpf_close(void *backend)
{
	struct bpf *bpf = backend;

	if (!bpf)
		return;
	twp_bpf_standby_drop(&bpf->standby);
	twp_bpf_set_close(&bpf->judging);
	free(bpf->folder);
	free(bpf);
}

static void *bpf_open(struct twp_module *module, const char *folder, const struct twp_sizes *sizes,
		      struct twp_error *error)
{
	static const uint32_t least[TWP_TABLE_COUNT] = { 1, 1, 1, 1, 1, 1 };
	struct twp_bpf_set empty = TWP_BPF_SET_NONE;
	struct bpf *bpf;

	bpf = calloc(1, sizeof(*bpf));
	if (bpf) {
		bpf->module = module;
		bpf->sizes = *sizes;
		bpf->judging = TWP_BPF_SET_NONE;
		bpf->standby = TWP_BPF_STANDBY_NONE;
		bpf->folder = strdup(folder);
	}
	if (!bpf || !bpf->folder) {
		twp_error_set(error, "bpf: out of memory");
		goto err;
	}
	if (twp_bpf_set_make(&empty, least, error) ||
	    twp_bpf_set_tag(empty.program, bpf->tag, error))
		goto err;
	twp_bpf_set_close(&empty);
	return bpf;

err:
	twp_bpf_set_close(&empty);
	bpf_close(bpf);
	return NULL;
}

static int bind_program(struct bpf *bpf, int program, struct twp_error *error)
{
	Twinpath__V1__ModuleStatus *status;

	if (!bpf->module)
		return 0;
	status = twp_module_bind_program(bpf->module, program, error);
	if (!status)
		return -1;
	twinpath__v1__module_status__free_unpacked(status, NULL);
	return 0;
}

/* Return: 0 and a new set in the kernel that holds @image, or -1 and @error. */
static int set_load(const struct bpf *bpf, struct twp_bpf_set *set, const struct twp_image *image,
		    struct twp_error *error)
{
	uint32_t room[TWP_TABLE_COUNT];

	twp_bpf_set_room(room, image, &bpf->sizes);
	if (twp_bpf_set_make(set, room, error))
		return -1;
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		if (twp_bpf_map_fill(set->maps.fd[id], image, id, error)) {
			twp_bpf_set_close(set);
			return -1;
		}
	}
	return 0;
}

static int bpf_rebuild(void *backend, const struct twp_image *image, struct twp_error *error)
{
	struct twp_bpf_set fresh = TWP_BPF_SET_NONE;
	struct bpf *bpf = backend;

	if (twp_image_fits(image, &bpf->sizes, error))
		return -1;
	twp_bpf_standby_drop(&bpf->standby); /* or there were three sets */
	if (set_load(bpf, &fresh, image, error))
		return -1;
	if (bind_program(bpf, fresh.program, error)) {
		twp_bpf_set_close(&fresh);
		return -1;
	}
	twp_bpf_set_close(&bpf->judging);
	bpf->judging = fresh;
	twp_bpf_pin(bpf->folder, fresh.program, &fresh.maps);
	twp_bpf_standby_copy(&bpf->standby, &bpf->judging);
	return 0;
}

static int bpf_apply(void *backend, const struct twp_image *image, const struct twp_diff *diff,
		     struct twp_error *error)
{
	struct bpf *bpf = backend;
	size_t changes = 0;

	if (twp_image_fits(image, &bpf->sizes, error))
		return -1;
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		changes += diff->table[id].count;
	if (!changes)
		return 0;
	if (!twp_bpf_standby_write(&bpf->standby, image, diff))
		return bpf_rebuild(bpf, image, error);
	if (bind_program(bpf, bpf->standby.set.program, error)) {
		/* An answer that is lost leaves it open which set judges: neither is written. */
		twp_bpf_standby_drop(&bpf->standby);
		return -1;
	}
	twp_bpf_standby_swap(&bpf->standby, &bpf->judging, diff);
	twp_bpf_pin(bpf->folder, bpf->judging.program, &bpf->judging.maps);
	return 0;
}

/* Return: file descriptor of the program that judges; -1 if there is none, or -2 and @error. */
static int program_open(struct bpf *bpf, struct twp_error *error)
{
	Twinpath__V1__ModuleStatus *status;
	uint32_t id;
	int program;

	if (!bpf->module)
		return bpf->judging.program >= 0 ? dup(bpf->judging.program) : -1;

	status = twp_module_status(bpf->module, error);
	if (!status)
		return -2;
	id = status->program_id;
	twinpath__v1__module_status__free_unpacked(status, NULL);
	if (!id)
		return -1;
	program = bpf_prog_get_fd_by_id(id);
	if (program < 0 && errno != ENOENT) {
		twp_error_set(error, "bpf: cannot open program %u: %s", id, strerror(errno));
		return -2;
	}
	return program;
}

/* Return: as twp_bpf_set_find(); 0 also if no program judges. */
static int judging_find(struct bpf *bpf, struct twp_bpf_set *set, struct twp_error *error)
{
	const int program = program_open(bpf, error);

	*set = TWP_BPF_SET_NONE;
	if (program < 0)
		return program == -2 ? -1 : 0;
	return twp_bpf_set_find(set, program, bpf->tag, error);
}

/* What judges is gone on from, whoever bound it. @set is taken over, or closed. */
static void judging_take(struct bpf *bpf, struct twp_bpf_set *set)
{
	if (twp_bpf_set_id(set) == twp_bpf_set_id(&bpf->judging)) {
		twp_bpf_set_close(set);
		return;
	}
	twp_bpf_standby_drop(&bpf->standby);
	twp_bpf_set_close(&bpf->judging);
	bpf->judging = *set;
	*set = TWP_BPF_SET_NONE;
	twp_bpf_standby_copy(&bpf->standby, &bpf->judging);
}

static int bpf_read(void *backend, struct twp_image *image, struct twp_error *error)
{
	const struct twp_generation_key key = { .what = TWP_GENERATION_HELD };
	const struct twp_generation_value *held;
	struct bpf *bpf = backend;
	struct twp_bpf_set set;
	struct twp_image got;
	int ret;

	twp_image_init(&got);
	ret = judging_find(bpf, &set, error);
	for (int id = 0; ret == 1 && id < TWP_TABLE_COUNT; id++) {
		if (set.maps.room[id] > 1 && set.maps.room[id] > bpf->sizes.size[id])
			ret = 0; /* made under other sizes */
		else if (twp_bpf_map_read(set.maps.fd[id], &got, id, error))
			ret = -1;
	}
	if (ret == 1 && twp_image_seal(&got, error))
		ret = -1;
	if (ret == 1) {
		held = twp_image_find(&got, TWP_TABLE_GENERATION, &key);
		if (held && held->word[0])
			got.generation = held->word[0];
		else
			ret = 0;
	}
	if (ret == 1) {
		judging_take(bpf, &set);
		twp_image_clean(image);
		*image = got;
	} else {
		twp_bpf_set_close(&set);
		twp_image_clean(&got);
	}
	return ret;
}

/* Of both sets: each holds all entries. */
static int bpf_usage(void *backend, struct twp_backend_usage *usage, struct twp_error *error)
{
	struct bpf *bpf = backend;
	struct twp_bpf_set set;
	int ret;

	ret = judging_find(bpf, &set, error);
	if (ret >= 0) {
		*usage = (struct twp_backend_usage){ 0 };
		for (int id = 0; ret == 1 && id < TWP_TABLE_COUNT; id++)
			usage->bytes[id] = twp_bpf_map_bytes(&set.maps, id);
		twp_bpf_standby_bytes(&bpf->standby, usage->bytes);
		ret = 0;
	}
	twp_bpf_set_close(&set);
	return ret;
}

static int bpf_destroy(void *backend, struct twp_error *error)
{
	struct bpf *bpf = backend;

	(void)error;
	twp_bpf_unpin(bpf->folder);
	twp_bpf_standby_drop(&bpf->standby);
	twp_bpf_set_close(&bpf->judging);
	return 0;
}

const struct twp_backend_ops twp_backend_bpf = {
	.name = "bpf",
	.open = bpf_open,
	.close = bpf_close,
	.read = bpf_read,
	.apply = bpf_apply,
	.rebuild = bpf_rebuild,
	.usage = bpf_usage,
	.destroy = bpf_destroy,
};
