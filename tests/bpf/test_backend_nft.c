// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of userspace/backend/nft.c, in a network namespace of their own and
 * without the module: an expression that the kernel has is the anchor's head.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/netfilter/nf_tables.h>

#include "backend/nft.h"
#include "nft_text.h"
#include "random_image.h"

static const struct twp_backend_ops *const ops = &twp_backend_nft;
static void (*module_head)(struct nlmsghdr *message);
static struct twp_error error;
static void *backend;

/* What the module's expression is listed as. */
static void counter_head(struct nlmsghdr *message)
{
	mnl_attr_put_strz(message, NFTA_EXPR_NAME, "counter");
	mnl_attr_nest_end(message, mnl_attr_nest_start(message, NFTA_EXPR_DATA));
}

static void open_with(const struct twp_sizes *sizes)
{
	backend = ops->open(NULL, "", sizes, &error);
	assert_non_null(backend);
}

static int start(void **state)
{
	(void)state;
	module_head = twp_nft_put_head;
	twp_nft_put_head = counter_head;
	if (unshare(CLONE_NEWNET))
		return -1;
	open_with(&twp_sizes_default);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	twp_nft_put_head = module_head;
	ops->close(backend);
	return 0;
}

static void run(const char *command)
{
	if (system(command))
		fail_msg("%s", command);
}

static int read_returns(void)
{
	struct twp_image got;
	int ret;

	twp_image_init(&got);
	ret = ops->read(backend, &got, &error);
	twp_image_clean(&got);
	return ret;
}

static void assert_holds(const struct twp_image *image)
{
	struct twp_image got;

	twp_image_init(&got);
	if (ops->read(backend, &got, &error) != 1)
		fail_msg("%s", error.text);
	assert_images_equal(&got, image);
	twp_image_clean(&got);
}

static void rebuild(const struct twp_image *image)
{
	if (ops->rebuild(backend, image, &error))
		fail_msg("%s", error.text);
}

static int apply(const struct twp_image *before, const struct twp_image *after)
{
	struct twp_diff diff;
	int ret;

	assert_int_equal(twp_diff_make(&diff, before, after), 0);
	ret = ops->apply(backend, after, &diff, &error);
	twp_diff_clean(&diff);
	return ret;
}

static void what_is_written_is_read(void **state)
{
	struct random random = { 5 };

	(void)state;
	assert_int_equal(read_returns(), 0);
	for (int i = 0; i < 30; i++) {
		struct twp_image before, after;

		random_image(&random, &before, 1 + 2 * i);
		random_image(&random, &after, 2 + 2 * i);
		rebuild(&before);
		assert_holds(&before);
		assert_int_equal(apply(&before, &after), 0);
		assert_holds(&after);
		twp_image_clean(&before);
		twp_image_clean(&after);
	}
	assert_int_equal(ops->destroy(backend, &error), 0);
	assert_int_equal(read_returns(), 0);
	run("test -z \"$(nft list ruleset)\"");
	assert_int_equal(ops->destroy(backend, &error), 0);
}

static void what_people_see_is_held(void **state)
{
	struct random random = { 6 };

	(void)state;
	for (int i = 0; i < 10; i++) {
		struct twp_image image, seen;

		random_image(&random, &image, 1 + i);
		rebuild(&image);
		nft_text_read(&seen);
		assert_images_equal(&image, &seen);
		twp_image_clean(&image);
		twp_image_clean(&seen);
	}
}

/* What nft makes of our maps is our maps. Of the anchor it makes a counter: that it is none any
 * more only the module can tell.
 */
static void a_ruleset_is_saved_and_restored(void **state)
{
	char path[] = "/tmp/twinpath-nft-XXXXXX", command[256];
	struct random random = { 7 };
	struct twp_image image, seen;
	int file = mkstemp(path);

	(void)state;
	assert_true(file >= 0);
	random_image(&random, &image, 9);
	rebuild(&image);
	assert_int_equal(read_returns(), 1);
	snprintf(command, sizeof(command),
		 "nft -n list ruleset >%s && "
		 "nft flush ruleset && nft -f %s",
		 path, path);
	run(command);
	nft_text_read(&seen);
	assert_images_equal(&image, &seen);
	rebuild(&image);
	assert_holds(&image);
	close(file);
	unlink(path);
	twp_image_clean(&image);
	twp_image_clean(&seen);
}

static void what_was_touched_is_not_built_on(void **state)
{
	static const char *const touches[] = {
		"nft flush chain inet twinpath anchor",
		"nft delete element inet twinpath generation '{ 0 }'",
		"nft 'flush chain inet twinpath anchor; delete map inet twinpath host6; "
		"add map inet twinpath host6 { type ipv6_addr : mark; size 65536; }'",
		"nft delete table inet twinpath",
		"nft flush ruleset",
	};
	struct twp_sizes sizes = twp_sizes_default;
	struct twp_image image;

	(void)state;
	large_image(&image, 100, 3);
	for (size_t i = 0; i < sizeof(touches) / sizeof(*touches); i++) {
		rebuild(&image);
		run(touches[i]);
		assert_int_equal(read_returns(), 0);
	}
	/* The anchor's lookups hold the maps. */
	rebuild(&image);
	run("! nft delete map inet twinpath rules 2>/dev/null");
	assert_holds(&image);
	/* Other sizes were asked for. */
	sizes.size[TWP_TABLE_RULES] /= 2;
	ops->close(backend);
	open_with(&sizes);
	assert_int_equal(read_returns(), 0);
	twp_image_clean(&image);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct twp_sizes sizes = twp_sizes_default;
	struct twp_image fits, image, less, swapped;

	(void)state;
	ops->close(backend);
	sizes.size[TWP_TABLE_RULES] = 1000;
	open_with(&sizes);
	large_image(&fits, 1000, 1);
	large_image(&image, 1002, 2);
	large_image(&less, 998, 2);
	rebuild(&fits);
	assert_int_equal(ops->rebuild(backend, &image, &error), -1);
	assert_non_null(strstr(error.text, "rules"));
	assert_non_null(strstr(error.text, "1002"));
	assert_int_equal(apply(&fits, &image), -1);
	assert_holds(&fits);

	/* Full, and an entry is put in another's place. */
	assert_int_equal(twp_image_copy(&swapped, &fits), 0);
	((struct twp_rule_key *)swapped.table[TWP_TABLE_RULES].rows)->peer = 0xabcdef;
	assert_int_equal(twp_image_seal(&swapped, NULL), 0);
	assert_int_equal(apply(&fits, &swapped), 0);
	assert_holds(&swapped);

	/* What the kernel holds is not what we think: it stays as it is. */
	assert_int_equal(apply(&less, &fits), -1);
	assert_non_null(strstr(error.text, "table rules"));
	assert_holds(&swapped);
	assert_int_equal(apply(&image, &less), -1);
	assert_non_null(strstr(error.text, "table rules does not hold what it held"));
	assert_holds(&swapped);
	/* The kernel's own limit. */
	twp_image_clean(&image);
	large_image(&image, 1100, 2);
	sizes.size[TWP_TABLE_RULES] = 2000;
	ops->close(backend);
	open_with(&sizes);
	assert_int_equal(apply(&fits, &image), -1);
	assert_non_null(strstr(error.text, "table rules is full"));
	twp_image_clean(&fits);
	twp_image_clean(&image);
	twp_image_clean(&less);
	twp_image_clean(&swapped);
}

static void without_the_module_there_is_no_anchor(void **state)
{
	struct twp_image image;

	(void)state;
	large_image(&image, 100, 1);
	rebuild(&image);
	twp_nft_put_head = module_head;
	if (!access("/sys/module/twinpath", F_OK))
		skip();
	assert_int_equal(ops->rebuild(backend, &image, &error), -1);
	assert_non_null(strstr(error.text, "the module is not loaded"));
	assert_holds(&image);
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
		struct twp_image image, less;
		double times[4];

		large_image(&image, rules[i], 1);
		large_image(&less, rules[i] - 1, 2);
		times[0] = now_ms();
		rebuild(&image);
		times[1] = now_ms();
		assert_int_equal(apply(&image, &less), 0);
		times[2] = now_ms();
		if (rules[i] <= 100000) /* the kernel's dump grows with the square */
			assert_holds(&less);
		times[3] = now_ms();
		assert_int_equal(ops->usage(backend, &usage, &error), 0);
		print_message("nft, %7u rules: load %.1f ms , compare and change one %.1f ms , "
			      "read and compare %.1f ms , rules take %ju bytes (estimated)\n",
			      rules[i], times[1] - times[0], times[2] - times[1],
			      times[3] - times[2], (uintmax_t)usage.bytes[TWP_TABLE_RULES]);
		twp_image_clean(&image);
		twp_image_clean(&less);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

/* PROGRAM [PATTERN]: tests to leave out, such as "cost" where the clock says nothing. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read),
		TEST(what_people_see_is_held),
		TEST(a_ruleset_is_saved_and_restored),
		TEST(what_was_touched_is_not_built_on),
		TEST(what_does_not_fit_is_refused),
		TEST(without_the_module_there_is_no_anchor),
		TEST(cost),
	};

	if (argc > 1)
		cmocka_set_skip_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
