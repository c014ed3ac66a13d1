// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of userspace/backend/bpf_set.c: two sets that change places, as packets
 * see it and as the kernel keeps it.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/bpf_map.h"
#include "bpf_chain.h"
#include "bpf_folder.h"
#include "fake_module.h"
#include "random_image.h"
#include "reference.h"

/* A daemon that starts goes on from what the last one left. */
static void what_judges_is_found_again(void **state)
{
	struct bpf_chain chain;
	uint32_t program;

	(void)state;
	bpf_chain_start(&chain, 1000);
	bpf_chain_in_place(&chain);
	program = fake.program;
	bpf_ops->close(bpf_backend);
	bpf_backend = bpf_ops->open((struct twp_module *)&fake, bpf_folder, &twp_sizes_default,
				    &bpf_error);
	assert_non_null(bpf_backend);
	bpf_assert_holds(&chain.last);
	bpf_chain_in_place(&chain);
	assert_int_not_equal(fake.program, program);
	bpf_chain_in_place(&chain);
	assert_int_equal(fake.program, program);
	twp_image_clean(&chain.last);
}

static struct twp_bpf_maps bound_maps(void)
{
	struct twp_bpf_maps maps = TWP_BPF_MAPS_NONE;
	int program = bpf_prog_get_fd_by_id(fake.program);

	assert_int_equal(twp_bpf_maps_find(&maps, program, &bpf_error), 1);
	close(program);
	return maps;
}

static void both_sets_count(void **state)
{
	struct twp_backend_usage usage;
	struct twp_bpf_maps maps;
	struct bpf_chain chain;

	(void)state;
	bpf_chain_start(&chain, 1000);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(bpf_ops->usage(bpf_backend, &usage, &bpf_error), 0);
		maps = bound_maps();
		for (int id = 0; id < TWP_TABLE_COUNT; id++)
			assert_int_equal(usage.bytes[id], 2 * twp_bpf_map_bytes(&maps, id));
		twp_bpf_maps_close(&maps);
		bpf_chain_in_place(&chain);
	}
	twp_image_clean(&chain.last);
}

static int entries(const char *path)
{
	DIR *folder = opendir(path);
	int count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static uint32_t map_id(int map)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(map, &info, &size), 0);
	return info.id;
}

/* The kernel frees it some time after the last reference. */
static bool goes(int (*open_by_id)(__u32 id), uint32_t id)
{
	for (int i = 0; i < 5000; i++) {
		int fd = open_by_id(id);

		if (fd == -ENOENT)
			return true;
		close(fd);
		usleep(1000);
	}
	return false;
}

#define UPDATES 1000
#define LOADED_EVERY 50

static void a_thousand_updates_leak_nothing(void **state)
{
	uint32_t program[UPDATES], rules[UPDATES];
	int files = 0, pins = 0;
	struct bpf_chain chain;

	bpf_chain_start(&chain, 2000);
	for (int i = 0; i < UPDATES; i++) {
		struct twp_bpf_maps maps;

		if (i % LOADED_EVERY == LOADED_EVERY / 2)
			bpf_rebuild(&chain.last);
		assert_int_equal(bpf_chain_next(&chain), 0);
		assert_true(fake.updated == 3 || fake.updated == 4);
		program[i] = fake.program;
		maps = bound_maps();
		rules[i] = map_id(maps.fd[TWP_TABLE_RULES]);
		twp_bpf_maps_close(&maps);
		if (i % LOADED_EVERY)
			continue;
		bpf_settle();
		files = files ? files : entries("/proc/self/fd");
		pins = pins ? pins : entries(bpf_folder);
		assert_int_equal(entries("/proc/self/fd"), files);
		assert_int_equal(entries(bpf_folder), pins);
	}
	bpf_assert_holds(&chain.last);
	bpf_stop(state);
	for (int i = 0; i < UPDATES; i++) {
		assert_true(goes(bpf_prog_get_fd_by_id, program[i]));
		assert_true(goes(bpf_map_get_fd_by_id, rules[i]));
	}
	assert_int_equal(bpf_start_with(&twp_sizes_default), 0);
	twp_image_clean(&chain.last);
}

static void *hold_run(void *context)
{
	fake_module_hold(*(uint32_t *)context);
	return NULL;
}

/* Packets that came before a set was retired may take long: it is not written meanwhile. */
static void a_set_is_written_when_all_have_left(void **state)
{
	struct bpf_chain chain;
	uint32_t rounds = 4;
	int waited = 0;

	(void)state;
	bpf_chain_start(&chain, 1000);
	for (uint32_t i = 0; i < 20 && waited < 3; i++) {
		pthread_t thread;
		bool held;

		bpf_chain_in_place(&chain);
		bpf_settle();
		assert_int_equal(pthread_create(&thread, NULL, hold_run, &rounds), 0);
		while (fake_module_holds() == i)
			usleep(100);
		assert_int_equal(bpf_chain_next(&chain), 0);
		held = fake_module_held();
		fake.overlapped = false;
		bpf_chain_in_place(&chain);
		pthread_join(thread, NULL);
		assert_false(held && fake.overlapped);
		waited += held;
		if (!held && rounds < 128) /* on a busy machine it was too short */
			rounds *= 2;
	}
	assert_int_equal(waited, 3);
	twp_image_clean(&chain.last);
}

#define IMAGES 6

struct watch {
	struct twp_image image[IMAGES];
	int update; /* that is being made, or was made last */
	bool end;
	int judged, wrong;
};

static int now_updating(const struct watch *watch)
{
	return __atomic_load_n(&watch->update, __ATOMIC_SEQ_CST);
}

/* What is judged is what one of the images says that were in force meanwhile, in every word. */
static void *watch_run(void *context)
{
	struct watch *watch = context;
	struct random random = { 4 };

	while (!__atomic_load_n(&watch->end, __ATOMIC_RELAXED)) {
		struct twp_judgement judgement, expected;
		const int first = now_updating(watch);
		struct twp_tuple tuple;
		uint32_t verdict;
		bool right = false;

		random_tuple(&random, &tuple);
		verdict = fake_module_judge(&tuple, &judgement);
		for (int i = first - 1; i <= now_updating(watch); i++)
			right |= verdict == reference_judge(&watch->image[i % IMAGES], &tuple,
							    &expected) &&
				 !memcmp(&judgement, &expected, sizeof(expected));
		__atomic_add_fetch(&watch->wrong, !right, __ATOMIC_RELAXED);
		__atomic_add_fetch(&watch->judged, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

#define WATCHES 3
#define WATCHED_UPDATES 400

static void an_update_is_one_step(void **state)
{
	struct watch watch = { .update = 1 };
	pthread_t thread[WATCHES];
	struct random random = { 3 };

	(void)state;
	for (int i = 0; i < IMAGES; i++)
		random_image(&random, &watch.image[i], 1 + i);
	bpf_rebuild(&watch.image[1]);
	for (int i = 0; i < WATCHES; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, watch_run, &watch), 0);
	for (int i = 2; i < WATCHED_UPDATES; i++) {
		__atomic_store_n(&watch.update, i, __ATOMIC_SEQ_CST);
		assert_int_equal(
			bpf_apply(&watch.image[(i - 1) % IMAGES], &watch.image[i % IMAGES]), 0);
	}
	__atomic_store_n(&watch.end, true, __ATOMIC_RELAXED);
	for (int i = 0; i < WATCHES; i++)
		pthread_join(thread[i], NULL);
	print_message("%d updates, %d judgements meanwhile\n", WATCHED_UPDATES - 2, watch.judged);
	assert_true(watch.judged > 1000);
	assert_int_equal(watch.wrong, 0);
	for (int i = 0; i < IMAGES; i++)
		twp_image_clean(&watch.image[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bpf_start, bpf_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_judges_is_found_again),      TEST(both_sets_count),
		TEST(a_thousand_updates_leak_nothing), TEST(a_set_is_written_when_all_have_left),
		TEST(an_update_is_one_step),
	};

	return cmocka_run_group_tests(tests, bpf_folder_mount, bpf_folder_unmount);
}
