// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/policy/identity.c. */
#include "model.h"

static void equal_texts_have_equal_numbers(void **state)
{
	struct twp_numbers *numbers = twp_numbers_alloc("identity", 256, 300);

	(void)state;
	assert_int_equal(twp_numbers_highest(numbers), 0);
	assert_int_equal(twp_numbers_get(numbers, "a=1", NULL), 256);
	assert_int_equal(twp_numbers_get(numbers, "", NULL), 257);
	assert_int_equal(twp_numbers_get(numbers, "a=1", NULL), 256);
	assert_int_equal(twp_numbers_find(numbers, ""), 257);
	assert_int_equal(twp_numbers_find(numbers, "b=1"), 0);
	assert_int_equal(twp_numbers_highest(numbers), 257);
	assert_int_equal(twp_numbers_cursor(numbers), 258);
	twp_numbers_free(numbers);
}

/* A number comes back only after all others were used. */
static void a_number_comes_back_last(void **state)
{
	struct twp_numbers *numbers = twp_numbers_alloc("identity", 1, 4);
	struct twp_error error;

	(void)state;
	assert_int_equal(twp_numbers_get(numbers, "a", &error), 1);
	assert_int_equal(twp_numbers_get(numbers, "b", &error), 2);
	twp_numbers_put(numbers, "b");
	twp_numbers_put(numbers, "never had one");
	assert_int_equal(twp_numbers_highest(numbers), 1);
	assert_int_equal(twp_numbers_get(numbers, "c", &error), 3);
	assert_int_equal(twp_numbers_get(numbers, "d", &error), 4);
	assert_int_equal(twp_numbers_cursor(numbers), 1);
	assert_int_equal(twp_numbers_get(numbers, "e", &error), 2);
	assert_int_equal(twp_numbers_get(numbers, "f", &error), 0);
	assert_string_equal(error.text, "every identity from 1 to 4 is in use");
	assert_int_equal(twp_numbers_get(numbers, "e", &error), 2);
	twp_numbers_put(numbers, "a");
	twp_numbers_put(numbers, "c");
	/* The cursor stands at 3. */
	assert_int_equal(twp_numbers_get(numbers, "g", &error), 3);
	assert_int_equal(twp_numbers_get(numbers, "h", &error), 1);
	twp_numbers_free(numbers);
}

static void is_restored(void **state)
{
	struct twp_numbers *numbers = twp_numbers_alloc("rule", 1, 10);
	struct twp_error error;

	(void)state;
	assert_int_equal(twp_numbers_restore(numbers, "a", 7, &error), 0);
	assert_int_equal(twp_numbers_restore(numbers, "a", 7, &error), 0);
	assert_int_equal(twp_numbers_restore(numbers, "b", 2, &error), 0);
	assert_int_equal(twp_numbers_restore(numbers, "c", 7, &error), -1);
	assert_string_equal(error.text, "rule 7 is that of \"a\", and cannot be that of \"c\"");
	assert_int_equal(twp_numbers_restore(numbers, "a", 8, &error), -1);
	assert_string_equal(error.text, "\"a\" has rule 7 already, and cannot have 8");
	assert_int_equal(twp_numbers_restore(numbers, "c", 11, &error), -1);
	assert_string_equal(error.text, "rule 11 is not between 1 and 10");
	assert_int_equal(twp_numbers_restore(numbers, "c", 0, &error), -1);
	twp_numbers_set_cursor(numbers, 7);
	assert_int_equal(twp_numbers_get(numbers, "c", &error), 8);
	assert_int_equal(twp_numbers_highest(numbers), 8);
	twp_numbers_set_cursor(numbers, 99);
	assert_int_equal(twp_numbers_cursor(numbers), 1);
	twp_numbers_set_cursor(numbers, 0);
	assert_int_equal(twp_numbers_cursor(numbers), 1);
	assert_int_equal(twp_numbers_get(numbers, "d", &error), 1);
	assert_int_equal(twp_numbers_get(numbers, "e", &error), 3);
	twp_numbers_free(numbers);
}

struct visits {
	const struct twp_numbers *numbers;
	uint32_t last;
	size_t count;
};

static void visit(const char *text, uint32_t number, void *context)
{
	struct visits *visits = context;

	assert_true(number > visits->last);
	assert_int_equal(twp_numbers_find(visits->numbers, text), number);
	visits->last = number;
	visits->count++;
}

/* Against a plain array, over many random steps: growth, collisions and holes. */
static void agrees_with_a_plain_array(void **state)
{
	enum { TEXTS = 3000 };
	struct twp_numbers *numbers = twp_numbers_alloc("identity", 256, 65535);
	static uint32_t has[TEXTS];
	struct visits visits = { .numbers = numbers };
	size_t used = 0;

	(void)state;
	srandom(1);
	for (int step = 0; step < 60000; step++) {
		int which = (int)(random() % TEXTS);
		char text[32];

		snprintf(text, sizeof(text), "k=%d", which);
		assert_int_equal(twp_numbers_find(numbers, text), has[which]);
		if (random() % 2) {
			uint32_t number = twp_numbers_get(numbers, text, NULL);

			assert_true(has[which] ? number == has[which] : number >= 256);
			used += !has[which];
			has[which] = number;
		} else {
			twp_numbers_put(numbers, text);
			used -= !!has[which];
			has[which] = 0;
		}
	}
	twp_numbers_walk(numbers, visit, &visits);
	assert_int_equal(visits.count, used);
	assert_int_equal(visits.last, twp_numbers_highest(numbers));
	twp_numbers_free(numbers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_have_equal_numbers),
		cmocka_unit_test(a_number_comes_back_last),
		cmocka_unit_test(is_restored),
		cmocka_unit_test(agrees_with_a_plain_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
