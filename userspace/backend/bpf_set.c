// SPDX-License-Identifier: GPL-2.0-only
/*
 * A set of backend bpf, made by libbpf from the object that is built in. What
 * is kept of it are file descriptors: libbpf's own view is gone once it is made.
 */
#include "bpf_set.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "judge.skel.h"

#define ROOM_MIN 64

/* What libbpf said last, for the sentence of the error. Sets are made by two threads. */
static __thread char libbpf_said[256];

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

void twp_bpf_set_close(struct twp_bpf_set *set)
{
	if (set->program >= 0)
		close(set->program);
	twp_bpf_maps_close(&set->maps);
	*set = TWP_BPF_SET_NONE;
}

/*
 * As many buckets as hold at most half as many elements: most that are in use hold one. The kernel
 * makes buckets in powers of two, out of the room, and allocates every element of the room: so no
 * more room than it takes to get that power, and to grow by a quarter.
 */
static uint32_t room_for(size_t count, uint32_t size)
{
	size_t buckets = ROOM_MIN, room;

	while (buckets < 2 * count)
		buckets *= 2;
	room = buckets / 2 + 1;
	if (room < count + count / 4)
		room = count + count / 4;
	if (room < ROOM_MIN)
		room = ROOM_MIN;
	return room < size ? room : size ? size : 1; /* the kernel makes no map of none */
}

void twp_bpf_set_room(uint32_t room[TWP_TABLE_COUNT], const struct twp_image *image,
		      const struct twp_sizes *sizes)
{
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		room[id] = room_for(image->table[id].count, sizes->size[id]);
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

	libbpf_set_print(libbpf_print);
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

static int keep(int fd, struct twp_error *error)
{
	const int kept = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (kept < 0)
		twp_error_set(error, "bpf: %s", strerror(errno));
	return kept;
}

int twp_bpf_set_make(struct twp_bpf_set *set, const uint32_t room[TWP_TABLE_COUNT],
		     struct twp_error *error)
{
	struct twp_bpf_set made = TWP_BPF_SET_NONE;
	struct judge *judge = skeleton_load(room, error);
	bool whole;

	if (!judge)
		return -1;
	made.program = keep(bpf_program__fd(judge->progs.judge), error);
	whole = made.program >= 0;
	for (int id = 0; whole && id < TWP_TABLE_COUNT; id++) {
		made.maps.room[id] = room[id];
		made.maps.fd[id] = keep(bpf_map__fd(skeleton_map(judge, id)), error);
		whole = made.maps.fd[id] >= 0;
	}
	judge__destroy(judge);
	if (!whole) {
		twp_bpf_set_close(&made);
		return -1;
	}
	*set = made;
	return 0;
}

static int program_ask(int program, struct bpf_prog_info *info, struct twp_error *error)
{
	uint32_t size = sizeof(*info);

	*info = (struct bpf_prog_info){ 0 };
	if (bpf_obj_get_info_by_fd(program, info, &size))
		return twp_error_set(error, "bpf: cannot ask for the program: %s", strerror(errno));
	return 0;
}

int twp_bpf_set_tag(int program, uint8_t tag[BPF_TAG_SIZE], struct twp_error *error)
{
	struct bpf_prog_info info;

	if (program_ask(program, &info, error))
		return -1;
	memcpy(tag, info.tag, BPF_TAG_SIZE);
	return 0;
}

int twp_bpf_set_find(struct twp_bpf_set *set, int program, const uint8_t tag[BPF_TAG_SIZE],
		     struct twp_error *error)
{
	uint8_t got[BPF_TAG_SIZE];

	*set = TWP_BPF_SET_NONE;
	set->program = program;
	if (twp_bpf_set_tag(program, got, error))
		return -1;
	return memcmp(got, tag, sizeof(got)) ? 0 : twp_bpf_maps_find(&set->maps, program, error);
}

uint32_t twp_bpf_set_id(const struct twp_bpf_set *set)
{
	struct bpf_prog_info info;

	return set->program >= 0 && !program_ask(set->program, &info, NULL) ? info.id : 0;
}
