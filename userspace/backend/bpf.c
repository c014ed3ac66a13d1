// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backend bpf: each image is a program with maps of its own, which the module
 * is given in one swap of a pointer. Once bound, the maps are never written.
 *
 * So a packet is judged by one image, whole, and the one that was bound before
 * stays as it was until the last packet has left it. Changing the maps that
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
 * The price is that an update costs as much as a load, and for that moment twice
 * the memory. Maps therefore have room for what they hold, not for the
 * configured size, which is only the bound.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../module/module.h"
#include "bpf_map.h"
#include "judge.skel.h"

/* Buckets come in powers of two: less saves nothing. */
#define ROOM_MIN 64

struct bpf {
	struct twp_module *module; /* NULL: nobody to bind with */
	char *folder;
	struct twp_sizes sizes;
	uint8_t tag[BPF_TAG_SIZE]; /* of this build's program, as the kernel makes it */
	int program; /* the last one that was made; -1 is none */
};

/* What libbpf said last, for the sentence of the error. */
static char libbpf_said[256];

static int libbpf_print(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN)
		vsnprintf(libbpf_said, sizeof(libbpf_said), format, args);
	return 0;
}

static int failed(struct twp_error *error, const char *what, int err)
{
	libbpf_said[strcspn(libbpf_said, "\n")] = '\0';
	return twp_error_set(error, "bpf: cannot %s: %s%s%s", what, strerror(err),
			     *libbpf_said ? "; " : "", libbpf_said);
}

static struct bpf_map *skeleton_map(struct judge *judge, enum twp_table_id id)
{
	return bpf_object__find_map_by_name(judge->obj, twp_table_layouts[id].name);
}

/* Return: the program in the kernel with empty maps of @room entries, or NULL and @error. */
static struct judge *skeleton_load(const uint32_t room[TWP_TABLE_COUNT], struct twp_error *error)
{
	struct judge *judge;
	int err;

	*libbpf_said = '\0';
	judge = judge__open();
	if (!judge) {
		failed(error, "open the program", errno);
		return NULL;
	}
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		struct bpf_map *map = skeleton_map(judge, id);

		if (!map || bpf_map__set_max_entries(map, room[id])) {
			twp_error_set(error, "bpf: cannot size table %s",
				      twp_table_layouts[id].name);
			judge__destroy(judge);
			return NULL;
		}
	}
	err = judge__load(judge);
	if (err) {
		failed(error, "load the program", -err);
		judge__destroy(judge);
		return NULL;
	}
	return judge;
}

static int program_tag(int program, uint8_t tag[BPF_TAG_SIZE], struct twp_error *error)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(program, &info, &size))
		return twp_error_set(error, "bpf: cannot ask for the program: %s", strerror(errno));
	memcpy(tag, info.tag, BPF_TAG_SIZE);
	return 0;
}

static void bpf_close(void *backend)
{
	struct bpf *bpf = backend;

	if (!bpf)
		return;
	if (bpf->program >= 0)
		close(bpf->program);
	free(bpf->folder);
	free(bpf);
}

static void *bpf_open(struct twp_module *module, const char *folder, const struct twp_sizes *sizes,
		      struct twp_error *error)
{
	static const uint32_t least[TWP_TABLE_COUNT] = { 1, 1, 1, 1, 1, 1 };
	struct judge *judge = NULL;
	struct bpf *bpf;

	libbpf_set_print(libbpf_print);
	bpf = calloc(1, sizeof(*bpf));
	if (bpf) {
		bpf->module = module;
		bpf->sizes = *sizes;
		bpf->program = -1;
		bpf->folder = strdup(folder);
	}
	if (!bpf || !bpf->folder) {
		twp_error_set(error, "bpf: out of memory");
		goto err;
	}
	judge = skeleton_load(least, error);
	if (!judge || program_tag(bpf_program__fd(judge->progs.judge), bpf->tag, error))
		goto err;
	judge__destroy(judge);
	return bpf;

err:
	judge__destroy(judge);
	bpf_close(bpf);
	return NULL;
}

/* Twice what is held, so that most buckets that are in use hold one element. */
static uint32_t room_for(size_t count, uint32_t size)
{
	uint32_t room = ROOM_MIN;

	while (room < 2 * count && room < size)
		room *= 2;
	return room < size ? room : size ? size : 1; /* the kernel makes no map of none */
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

static int bpf_rebuild(void *backend, const struct twp_image *image, struct twp_error *error)
{
	struct twp_bpf_maps maps = TWP_BPF_MAPS_NONE;
	uint32_t room[TWP_TABLE_COUNT];
	struct bpf *bpf = backend;
	struct judge *judge;
	int program, ret = -1;

	if (twp_image_fits(image, &bpf->sizes, error))
		return -1;
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		room[id] = room_for(image->table[id].count, bpf->sizes.size[id]);
	judge = skeleton_load(room, error);
	if (!judge)
		return -1;

	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		maps.fd[id] = bpf_map__fd(skeleton_map(judge, id));
		if (twp_bpf_map_fill(maps.fd[id], image, id, error))
			goto out;
	}
	program = dup(bpf_program__fd(judge->progs.judge));
	if (program < 0) {
		twp_error_set(error, "bpf: %s", strerror(errno));
		goto out;
	}
	if (bind_program(bpf, program, error)) {
		close(program);
		goto out;
	}
	twp_bpf_pin(bpf->folder, program, &maps);
	if (bpf->program >= 0)
		close(bpf->program);
	bpf->program = program;
	ret = 0;
out:
	judge__destroy(judge); /* closes the maps, too */
	return ret;
}

static int bpf_apply(void *backend, const struct twp_image *image, const struct twp_diff *diff,
		     struct twp_error *error)
{
	size_t changes = 0;

	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		changes += diff->table[id].count;
	return changes ? bpf_rebuild(backend, image, error) : 0;
}

/* Return: file descriptor of the program that judges; -1 if there is none, or -2 and @error. */
static int program_open(struct bpf *bpf, struct twp_error *error)
{
	Twinpath__V1__ModuleStatus *status;
	uint32_t id;
	int program;

	if (!bpf->module)
		return bpf->program >= 0 ? dup(bpf->program) : -1;

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

/* Return: as twp_bpf_maps_find(); 0 also for a program that is not ours. */
static int judging_maps(struct bpf *bpf, struct twp_bpf_maps *maps, struct twp_error *error)
{
	uint8_t tag[BPF_TAG_SIZE];
	int program, ret;

	program = program_open(bpf, error);
	if (program < 0)
		return program == -2 ? -1 : 0;
	ret = program_tag(program, tag, error);
	if (!ret && !memcmp(tag, bpf->tag, sizeof(tag)))
		ret = twp_bpf_maps_find(maps, program, error);
	close(program);
	return ret;
}

static int bpf_read(void *backend, struct twp_image *image, struct twp_error *error)
{
	const struct twp_generation_key key = { .what = TWP_GENERATION_HELD };
	struct twp_bpf_maps maps = TWP_BPF_MAPS_NONE;
	const struct twp_generation_value *held;
	struct bpf *bpf = backend;
	struct twp_image got;
	int ret;

	twp_image_init(&got);
	ret = judging_maps(bpf, &maps, error);
	for (int id = 0; ret == 1 && id < TWP_TABLE_COUNT; id++) {
		if (maps.room[id] > 1 && maps.room[id] > bpf->sizes.size[id])
			ret = 0; /* made under other sizes */
		else if (twp_bpf_map_read(maps.fd[id], &got, id, error))
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
	twp_bpf_maps_close(&maps);
	if (ret == 1) {
		twp_image_clean(image);
		*image = got;
	} else {
		twp_image_clean(&got);
	}
	return ret;
}

static int bpf_usage(void *backend, struct twp_backend_usage *usage, struct twp_error *error)
{
	struct twp_bpf_maps maps = TWP_BPF_MAPS_NONE;
	int ret;

	ret = judging_maps(backend, &maps, error);
	if (ret >= 0) {
		*usage = (struct twp_backend_usage){ 0 };
		for (int id = 0; ret == 1 && id < TWP_TABLE_COUNT; id++)
			usage->bytes[id] = twp_bpf_map_bytes(&maps, id);
		ret = 0;
	}
	twp_bpf_maps_close(&maps);
	return ret;
}

static int bpf_destroy(void *backend, struct twp_error *error)
{
	struct bpf *bpf = backend;

	(void)error;
	twp_bpf_unpin(bpf->folder);
	if (bpf->program >= 0)
		close(bpf->program);
	bpf->program = -1;
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
