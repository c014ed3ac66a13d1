// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/policy/utf8.c. */
#include "model.h"
#include "policy/utf8.h"

static void knows_characters(void **state)
{
	static const struct {
		const char *text;
		size_t bytes; /* 0: none */
		uint32_t character;
	} cases[] = {
		{ "a", 1, 'a' },
		{ "\x7f", 1, 0x7f },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "\x80", 0, 0 }, /* continuation */
		{ "\xc1\xbf", 0, 0 }, /* too long for 7f */
		{ "\xe0\x9f\xbf", 0, 0 }, /* too long for 7ff */
		{ "\xf0\x8f\xbf\xbf", 0, 0 }, /* too long for ffff */
		{ "\xed\xa0\x80", 0, 0 }, /* surrogate */
		{ "\xf4\x90\x80\x80", 0, 0 }, /* above 10ffff */
		{ "\xf8\x88\x80\x80\x80", 0, 0 },
		{ "\xe2\x82", 0, 0 }, /* cut */
		{ "\xe2\x28\xa1", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t length = strlen(cases[i].text);
		uint32_t character = 0;

		assert_int_equal(twp_utf8_length(cases[i].text, length, &character),
				 cases[i].bytes);
		assert_int_equal(character, cases[i].character);
	}
}

static void stops_at_control_characters(void **state)
{
	(void)state;
	assert_int_equal(twp_utf8_span("a\tb", 3, ""), 1);
	assert_int_equal(twp_utf8_span("a\tb", 3, "\t"), 3);
	assert_int_equal(twp_utf8_span("a\0b", 3, "\t"), 1);
	assert_int_equal(twp_utf8_span("a\x7f", 2, ""), 1);
	assert_int_equal(twp_utf8_span("a\xc2\x9b", 3, ""), 1);
	assert_int_equal(twp_utf8_span("a\xc2\xa0", 3, ""), 3);
	assert_int_equal(twp_utf8_span("", 0, ""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_characters),
		cmocka_unit_test(stops_at_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
