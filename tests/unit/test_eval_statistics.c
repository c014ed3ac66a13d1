// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/twineval/statistics.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "twineval/statistics.h"

/* The values 1 to @count, in no order. */
static struct statistics of_numbers(size_t count)
{
	static double value[10000];

	for (size_t i = 0; i < count; i++)
		value[i] = (double)((i * 7919) % count + 1);
	return statistics_of(value, count);
}

static void check(size_t count, double low, double median, double high)
{
	struct statistics found = of_numbers(count);

	if (found.low != low || found.median != median || found.high != high ||
	    found.count != count)
		fail_msg("of 1 to %zu: %g in %g to %g, not %g in %g to %g", count, found.median,
			 found.low, found.high, median, low, high);
}

static void of_few_the_interval_is_the_range(void **state)
{
	(void)state;
	check(1, 1, 1, 1);
	check(2, 1, 1.5, 2);
	check(3, 1, 2, 3);
	check(4, 1, 2.5, 4);
	check(5, 1, 3, 5);
	assert_int_equal(statistics_of(NULL, 0).count, 0);
}

/* Ranks as printed in tables of the sign test, two-sided, 5%. */
static void interval_by_order_statistics(void **state)
{
	static const struct {
		size_t count, rank;
	} table[] = {
		{ 6, 1 },   { 8, 1 },	{ 9, 2 },   { 11, 2 },	 { 12, 3 },  { 15, 4 },
		{ 20, 6 },  { 25, 8 },	{ 30, 10 }, { 40, 14 },	 { 50, 18 }, { 60, 22 },
		{ 70, 27 }, { 80, 31 }, { 90, 36 }, { 100, 40 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		size_t count = table[i].count, rank = table[i].rank;

		check(count, (double)rank, (double)(count + 1) / 2, (double)(count + 1 - rank));
	}
}

static void of_many_nothing_overflows(void **state)
{
	struct statistics found = of_numbers(9999);

	(void)state;
	/* 9999 / 2 less 1.96 standard deviations of sqrt(9999) / 2. */
	assert_float_equal(found.low, 4902, 1);
	assert_float_equal(found.high, 5098, 1);
	assert_float_equal(found.median, 5000, 0);
}

static void quantiles_are_nearest_ranks(void **state)
{
	double value[100];

	(void)state;
	for (int i = 0; i < 100; i++)
		value[i] = i + 1;
	for (int i = 1; i <= 100; i++)
		assert_float_equal(statistics_quantile(value, 100, i / 100.0), i, 0);
	assert_float_equal(statistics_quantile(value, 100, 0), 1, 0);
	assert_float_equal(statistics_quantile(value, 100, 0.001), 1, 0);
	assert_float_equal(statistics_quantile(value, 100, 0.995), 100, 0);
	assert_float_equal(statistics_quantile(value, 5, 0.5), 3, 0);
	assert_float_equal(statistics_quantile(value, 4, 0.5), 2, 0);
	assert_float_equal(statistics_quantile(value, 1, 0.99), 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_few_the_interval_is_the_range),
		cmocka_unit_test(interval_by_order_statistics),
		cmocka_unit_test(of_many_nothing_overflows),
		cmocka_unit_test(quantiles_are_nearest_ranks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
