// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/twineval/prober.c and of what experiment_change.c makes of late answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "twineval/change.h"
#include "twineval/prober.h"

#define MS 1000000ull

/* One a tick of 10, from 100 on; in capitals those that were late. */
static size_t probes_fill(struct probe *probe, const char *verdicts)
{
	size_t count = strlen(verdicts);

	for (size_t i = 0; i < count; i++)
		probe[i] = (struct probe){ .at_ns = 100 + 10 * i,
					   .passed = strchr("pP", verdicts[i]) != NULL,
					   .late = verdicts[i] == 'P' };
	return count;
}

static void late_answers_count_in_nothing(void **state)
{
	static const struct {
		const char *verdicts;
		uint64_t start;
		bool deny;
		uint64_t held;
		size_t misjudged;
	} cases[] = {
		{ "ppPPddPd", 115, true, 0, 0 },
		{ "ppppdPdd", 115, true, 15, 0 },
		/* Sent before the change, and judged after it. */
		{ "dPPddppp", 135, false, 5, 0 },
		{ "dpPddppp", 135, false, 5, 1 },
	};
	struct probe probe[16];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t count = probes_fill(probe, cases[i].verdicts);
		struct change_judged judged =
			change_judge(probe, count, cases[i].start, cases[i].deny);

		assert_int_equal(judged.held_ns, cases[i].held);
		assert_int_equal(judged.misjudged, cases[i].misjudged);
	}
}

static void calm_is_not_what_is_not_answered_yet(void **state)
{
	static struct probe probe[500];
	const uint64_t end = 500 * MS;

	(void)state;
	for (size_t i = 0; i < 500; i++)
		probe[i] = (struct probe){ .at_ns = i * MS };
	/* Of the last 200 ms nobody knows. */
	assert_true(change_is_calm(probe, 0, 500, end, false));
	assert_true(change_is_calm(probe, 201, 500, end, false));
	assert_false(change_is_calm(probe, 202, 500, end, false));
	assert_false(change_is_calm(probe, 0, 299, 298 * MS, false));
	probe[200].passed = true;
	assert_true(change_is_calm(probe, 0, 500, end, false));
	probe[300].passed = true;
	assert_false(change_is_calm(probe, 0, 500, end, false));

	/* The last that passed stand before those that may still pass. */
	for (size_t i = 0; i < 350; i++)
		probe[i].passed = true;
	assert_true(change_is_calm(probe, 0, 500, end, true));
	assert_true(change_is_calm(probe, 250, 500, end, true));
	assert_false(change_is_calm(probe, 251, 500, end, true));
	probe[300].passed = false;
	assert_false(change_is_calm(probe, 0, 500, end, true));
}

static void who_is_late_asks_less_often(void **state)
{
	uint64_t tick = PROBER_TICK_NS;
	int ticks = 0;

	(void)state;
	assert_int_equal(prober_tick(tick, false), PROBER_TICK_NS);
	assert_int_equal(prober_tick(tick, true), 2 * PROBER_TICK_NS);
	for (int i = 0; i < 10; i++)
		tick = prober_tick(tick, true);
	assert_int_equal(tick, PROBER_TICK_MAX_NS);
	for (; tick > PROBER_TICK_NS; ticks++)
		tick = prober_tick(tick, false);
	assert_int_equal(tick, PROBER_TICK_NS);
	assert_in_range(ticks, 20, 100);
}

static void what_tcp_sends_again_is_not_what_was_asked(void **state)
{
	(void)state;
	/* Never sent again, however late. */
	assert_true(prober_first_answered(2500 * MS, 0, 2400 * MS, 0));
	/* Sent again after a second, and that was answered at once, or some time ago. */
	assert_false(prober_first_answered(1010 * MS, 1, 1 * MS, 0));
	assert_false(prober_first_answered(1800 * MS, 1, 1 * MS, 700 * MS));
	/* Sent again, but the first was answered. */
	assert_true(prober_first_answered(1400 * MS, 1, 1400 * MS, 0));
	assert_true(prober_first_answered(1600 * MS, 1, 1300 * MS, 290 * MS));
	/* TCP does not know. */
	assert_false(prober_first_answered(1010 * MS, 1, 0, 10 * MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(late_answers_count_in_nothing),
		cmocka_unit_test(calm_is_not_what_is_not_answered_yet),
		cmocka_unit_test(who_is_late_asks_less_often),
		cmocka_unit_test(what_tcp_sends_again_is_not_what_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
