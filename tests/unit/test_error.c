// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/policy/error.c. */
#include "model.h"

static void says_and_returns(void **state)
{
	struct twp_error error = { "before" };

	(void)state;
	assert_int_equal(twp_error_set(&error, "port %d is %s", 7, "taken"), -1);
	assert_string_equal(error.text, "port 7 is taken");
	assert_int_equal(twp_error_set(NULL, "nobody listens"), -1);
}

static void may_quote_itself(void **state)
{
	struct twp_error error = { "inner" };

	(void)state;
	twp_error_set(&error, "outer: %s", error.text);
	assert_string_equal(error.text, "outer: inner");
}

static void cuts_what_does_not_fit(void **state)
{
	struct twp_error error;
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	twp_error_set(&error, "%s", text);
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
}

static void stays_on_one_line(void **state)
{
	struct twp_error error;

	(void)state;
	twp_error_set(&error, "label \"%s\" is unknown", "a\nb\033[2J\177\xc3\xa9");
	assert_string_equal(error.text, "label \"a?b?[2J?\xc3\xa9\" is unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_and_returns),
		cmocka_unit_test(may_quote_itself),
		cmocka_unit_test(cuts_what_does_not_fit),
		cmocka_unit_test(stays_on_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
