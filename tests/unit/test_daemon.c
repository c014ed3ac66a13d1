// SPDX-License-Identifier: GPL-2.0-only
/* The daemon and its kernel: generations, what fails and is mended, restarts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon_run.h"

#define ENFORCE TWINPATH__V1__MODE__MODE_ENFORCE
#define BPF TWINPATH__V1__BACKEND__BACKEND_BPF

static void an_empty_policy_is_a_generation(void **state)
{
	(void)state;
	assert_holds(1);
	assert_int_equal(fake.mode, TWINPATH__V1__MODE__MODE_OFF);
	assert_int_equal(fake.sets, 0);
}

static void changes_are_generations_of_both_backends(void **state)
{
	(void)state;
	daemon_load();
	assert_holds(4);
	assert_true(table_rows(TWP_TABLE_RULES) > 0);
	/* The first filled empty tables, the others were differences. */
	assert_int_equal(fake.side[0].rebuilds, 1);
	assert_int_equal(fake.side[1].rebuilds, 1);
	assert_int_equal(fake.side[0].applies, 3);
	assert_int_equal(policy_delete("web", NULL), 5);
	assert_int_equal(table_rows(TWP_TABLE_RULES), 0);
}

static void what_takes_nothing_away_does_not_sweep(void **state)
{
	unsigned int sweeps;

	(void)state;
	daemon_load();
	sweeps = fake.sweeps;
	policy_apply("web", daemon_web_two, NULL);
	assert_int_equal(fake.sweeps, sweeps);
	policy_apply("web", daemon_web, NULL);
	assert_int_equal(fake.sweeps, sweeps + 1);
}

static void a_restart_touches_nothing(void **state)
{
	(void)state;
	daemon_load();
	backend_set(BPF);
	mode_set(ENFORCE, NULL);
	daemon_restart();
	assert_null(daemon_.problem);
	assert_holds(4);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(fake.side[i].applies, 0);
		assert_int_equal(fake.side[i].rebuilds, 0);
	}
	assert_int_equal(fake.commits, 0);
	assert_int_equal(fake.sets, 0);
	/* And it goes on from there, by difference. */
	assert_int_equal(policy_apply("web", daemon_web_two, NULL), 5);
	assert_int_equal(fake.side[0].rebuilds, 0);
}

static void a_restart_after_a_reboot_programs_all(void **state)
{
	(void)state;
	daemon_load();
	backend_set(BPF);
	mode_set(ENFORCE, NULL);
	twp_daemon_clean(&daemon_);
	fake_boot(true);
	daemon_start();
	assert_holds(5);
	assert_true(table_rows(TWP_TABLE_RULES) > 0);
	assert_int_equal(fake.mode, ENFORCE);
	assert_int_equal(fake.backend, BPF);
}

static void a_kernel_ahead_of_the_store_is_mended(void **state)
{
	struct twp_image ahead;

	(void)state;
	daemon_load();
	/* As if a change had reached the kernel and the daemon was killed before the store. */
	twp_image_init(&ahead);
	assert_int_equal(twp_image_copy(&ahead, &fake.side[0].image), 0);
	ahead.table[TWP_TABLE_RULES].count = 0;
	ahead.generation = 9;
	for (size_t i = 0; i < 2; i++) {
		twp_image_clean(&fake.side[i].image);
		assert_int_equal(twp_image_copy(&fake.side[i].image, &ahead), 0);
	}
	twp_image_clean(&ahead);
	fake.generation = 9;
	daemon_restart();
	assert_holds(10);
	assert_true(table_rows(TWP_TABLE_RULES) > 0);
	assert_int_equal(fake.side[0].applies, 1);
	assert_int_equal(fake.side[0].rebuilds, 0);
}

static void a_kill_between_the_backends_is_mended(void **state)
{
	(void)state;
	daemon_load();
	fake.side[0].image.generation = 5;
	daemon_restart();
	assert_holds(6);
}

static void a_failing_backend_is_built_anew(void **state)
{
	(void)state;
	daemon_load();
	fake.side[1].fail_apply = 1;
	assert_int_equal(policy_apply("web", daemon_web_two, NULL), 5);
	assert_holds(5);
	assert_int_equal(fake.side[1].rebuilds, 2);
}

static void a_failure_changes_nothing(void **state)
{
	size_t before;

	(void)state;
	daemon_load();
	before = table_rows(TWP_TABLE_RULES);
	fake.side[1].fail_apply = 1;
	fake.side[1].fail_rebuild = 1;
	policy_apply("web", daemon_web_two, "backend bpf: told to fail to rebuild");
	assert_holds(4);
	assert_int_equal(table_rows(TWP_TABLE_RULES), before);
	daemon_restart();
	assert_holds(4);
	assert_int_equal(fake.commits, 0);
	/* A generation's number stands for one image only. */
	fake.fail_commit = 1;
	endpoint_add("c", "other", 3, NULL, "no memory for the counters");
	assert_holds(4);
	assert_true(endpoint_add("c", "other", 3, NULL, NULL) > 5);
}

static void a_backend_that_stays_broken_is_mended_later(void **state)
{
	(void)state;
	daemon_load();
	fake.side[1].fail_apply = 1;
	fake.side[1].fail_rebuild = 3;
	policy_apply("web", daemon_web_two, "backend bpf");
	assert_int_equal(fake.side[0].image.generation, 4);
	twp_daemon_mend(&daemon_);
	assert_non_null(daemon_.problem);
	twp_daemon_mend(&daemon_);
	assert_null(daemon_.problem);
	assert_int_equal(fake.side[0].image.generation, fake.generation);
	assert_int_equal(fake.side[1].image.generation, fake.generation);
}

static void a_lost_anchor_is_mended(void **state)
{
	(void)state;
	daemon_load();
	fake.side[0].there = false;
	fake_event(TWINPATH__V1__EVENT_KIND__EVENT_KIND_ANCHOR_LOST);
	for (int i = 0; i < 4 && !fake.side[0].there; i++)
		assert_true(sd_event_run(daemon_.event, 1000000) >= 0);
	assert_holds(4);
	assert_int_equal(fake.side[0].rebuilds, 2);
	assert_int_equal(fake.side[1].rebuilds, 1);
	assert_true(fake.rules > 0);
}

static void a_module_that_comes_later(void **state)
{
	(void)state;
	daemon_teardown(NULL);
	daemon_state_remove();
	fake_boot(false);
	daemon_start();
	assert_non_null(strstr(daemon_.problem, "not loaded"));
	daemon_load();
	mode_set(ENFORCE, "not loaded");
	fake.loaded = true;
	mode_set(ENFORCE, NULL);
	assert_null(daemon_.problem);
	assert_holds(1);
	assert_true(table_rows(TWP_TABLE_RULES) > 0);
	assert_int_equal(fake.mode, ENFORCE);
	/* Unloaded and loaded again. */
	fake_boot(true);
	twp_daemon_mend(&daemon_);
	twp_daemon_mend(&daemon_);
	assert_int_equal(fake.generation, fake.side[0].image.generation);
	assert_true(table_rows(TWP_TABLE_RULES) > 0);
	assert_int_equal(fake.mode, ENFORCE);
}

static void bad_requests_change_nothing(void **state)
{
	uint8_t bytes[] = "\x2a\x03\x0a\x01\x00";
	bool monitor = false;
	Twinpath__V1__Response *response;

	(void)state;
	daemon_load();
	endpoint_add("c", "web", 1, NULL, "address 10.0.0.1 is of endpoint a and of endpoint c");
	endpoint_add("c", "web", 0, "a/b", "bridge port");
	endpoint_delete("c", "there is no endpoint c");
	policy_delete("zz", "there is no policy zz");
	policy_apply("", daemon_web, "name");
	policy_apply("bad", "endpointSelector: {}\nwhat: 1\n", "bad.yaml:2:1");
	/* delete_endpoint with the name "\0" */
	response = twp_request_answer(&daemon_, "test", bytes, 5, &monitor);
	assert_non_null(strstr(response->error, "NUL"));
	twinpath__v1__response__free_unpacked(response, NULL);
	assert_holds(4);
	daemon_restart();
	assert_holds(4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_CASE(an_empty_policy_is_a_generation),
		DAEMON_CASE(changes_are_generations_of_both_backends),
		DAEMON_CASE(what_takes_nothing_away_does_not_sweep),
		DAEMON_CASE(a_restart_touches_nothing),
		DAEMON_CASE(a_restart_after_a_reboot_programs_all),
		DAEMON_CASE(a_kernel_ahead_of_the_store_is_mended),
		DAEMON_CASE(a_kill_between_the_backends_is_mended),
		DAEMON_CASE(a_failing_backend_is_built_anew),
		DAEMON_CASE(a_failure_changes_nothing),
		DAEMON_CASE(a_backend_that_stays_broken_is_mended_later),
		DAEMON_CASE(a_lost_anchor_is_mended),
		DAEMON_CASE(a_module_that_comes_later),
		DAEMON_CASE(bad_requests_change_nothing),
	};

	return cmocka_run_group_tests(tests, daemon_group_setup, daemon_group_teardown);
}
