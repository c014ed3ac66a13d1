// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/backend/bpf.c, bpf_map.c and bpf_pin.c, without the module. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "backend/backend.h"
#include "bpf_folder.h"
#include "judge_run.h"
#include "random_image.h"

static const struct twp_backend_ops *const ops = &twp_backend_bpf;
static struct twp_error error;
static void *backend;

static int start(void **state)
{
	(void)state;
	backend = ops->open(NULL, bpf_folder, &twp_sizes_default, &error);
	return backend ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	ops->destroy(backend, &error);
	ops->close(backend);
	return 0;
}

static void assert_holds(const struct twp_image *image)
{
	struct twp_image got;

	twp_image_init(&got);
	assert_int_equal(ops->read(backend, &got, &error), 1);
	assert_images_equal(&got, image);
	twp_image_clean(&got);
}

static void assert_holds_nothing(void)
{
	struct twp_image got;

	twp_image_init(&got);
	assert_int_equal(ops->read(backend, &got, &error), 0);
	twp_image_clean(&got);
}

static void what_is_written_is_read(void **state)
{
	struct random random = { 2 };

	(void)state;
	assert_holds_nothing();
	for (int i = 0; i < 20; i++) {
		struct twp_image before, after;
		struct twp_diff diff;

		random_image(&random, &before, 1 + 2 * i);
		random_image(&random, &after, 2 + 2 * i);
		assert_int_equal(twp_diff_make(&diff, &before, &after), 0);
		assert_int_equal(ops->rebuild(backend, &before, &error), 0);
		assert_holds(&before);
		assert_int_equal(ops->apply(backend, &after, &diff, &error), 0);
		assert_holds(&after);
		twp_diff_clean(&diff);
		twp_image_clean(&before);
		twp_image_clean(&after);
	}
}

static void pins_are_there_and_go(void **state)
{
	struct twp_image image;

	(void)state;
	large_image(&image, 100, 5);
	for (int i = 0; i < 2; i++) {
		struct twp_tuple tuple = { .family = TWP_FAMILY_NONE };
		struct twp_judgement judgement;
		int program;

		assert_int_equal(ops->rebuild(backend, &image, &error), 0);
		program = bpf_folder_get("judge");
		assert_true(program >= 0);
		assert_int_equal(judge_run(program, &tuple, &judgement), 5);
		close(program);
		for (int id = 0; id < TWP_TABLE_COUNT; id++) {
			struct bpf_map_info info = { 0 };
			uint32_t size = sizeof(info);
			int map = bpf_folder_get(twp_table_layouts[id].name);

			assert_int_equal(bpf_obj_get_info_by_fd(map, &info, &size), 0);
			assert_int_equal(info.type, BPF_MAP_TYPE_HASH);
			assert_string_equal(info.name, twp_table_layouts[id].name);
			close(map);
		}
	}
	assert_int_equal(ops->destroy(backend, &error), 0);
	assert_int_equal(bpf_folder_get("judge"), -ENOENT);
	assert_int_equal(access(bpf_folder, F_OK), -1);
	assert_holds_nothing();
	twp_image_clean(&image);
}

static void no_bpf_file_system_is_no_error(void **state)
{
	static const char *const folders[] = { "/tmp/twinpath-none/1", "/sys/fs/none/1",
					       "/proc/1" };
	struct twp_image image;

	(void)state;
	large_image(&image, 100, 5);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		void *other = ops->open(NULL, folders[i], &twp_sizes_default, &error);

		assert_non_null(other);
		assert_int_equal(ops->rebuild(other, &image, &error), 0);
		assert_int_equal(ops->destroy(other, &error), 0);
		ops->close(other);
	}
	assert_int_equal(access("/tmp/twinpath-none", F_OK), -1);
	twp_image_clean(&image);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct twp_sizes sizes = twp_sizes_default;
	struct twp_image image, fits;

	(void)state;
	stop(NULL);
	sizes.size[TWP_TABLE_RULES] = 1000;
	backend = ops->open(NULL, bpf_folder, &sizes, &error);
	assert_non_null(backend);
	large_image(&fits, 1000, 1);
	large_image(&image, 1001, 2);
	assert_int_equal(ops->rebuild(backend, &fits, &error), 0);
	assert_int_equal(ops->rebuild(backend, &image, &error), -1);
	assert_non_null(strstr(error.text, "rules"));
	assert_non_null(strstr(error.text, "1001"));
	assert_non_null(strstr(error.text, "1000"));
	assert_holds(&fits);
	twp_image_clean(&fits);
	twp_image_clean(&image);
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void cost(void **state)
{
	static const uint32_t rules[] = { 10, 100000, 1000000 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct twp_backend_usage usage;
		struct twp_image image, got;
		double times[3];

		large_image(&image, rules[i], 1);
		twp_image_init(&got);
		times[0] = now_ms();
		assert_int_equal(ops->rebuild(backend, &image, &error), 0);
		times[1] = now_ms();
		assert_int_equal(ops->read(backend, &got, &error), 1);
		times[2] = now_ms();
		assert_images_equal(&image, &got);
		assert_int_equal(ops->usage(backend, &usage, &error), 0);
		assert_true(usage.bytes[TWP_TABLE_RULES] > rules[i] * sizeof(struct twp_rule_key));
		print_message("bpf, %7u rules: load %.1f ms , read and sort %.1f ms , "
			      "rules take %ju bytes\n",
			      rules[i], times[1] - times[0], times[2] - times[1],
			      (uintmax_t)usage.bytes[TWP_TABLE_RULES]);
		twp_image_clean(&image);
		twp_image_clean(&got);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

/* PROGRAM [PATTERN]: tests to leave out, such as "cost" where the clock says nothing. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read),
		TEST(pins_are_there_and_go),
		TEST(no_bpf_file_system_is_no_error),
		TEST(what_does_not_fit_is_refused),
		TEST(cost),
	};

	if (argc > 1)
		cmocka_set_skip_filter(argv[1]);
	return cmocka_run_group_tests(tests, bpf_folder_mount, bpf_folder_unmount);
}
