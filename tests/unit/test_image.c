// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/policy/image.c. */
#include "model.h"

static void rule_add(struct twp_image *image, uint32_t subject, uint16_t port, uint32_t decision)
{
	struct twp_rule_key key = { .subject = subject, .port = htons(port) };
	struct twp_rule_value value = { decision };

	assert_int_equal(twp_image_add(image, TWP_TABLE_RULES, &key, &value), 0);
}

static void rows_are_key_and_value(void **state)
{
	static const size_t sizes[] = { 24, 36, 12, 24, 20, 24 };
	static const char *const names[] = { "host4",	"host6", "prefix4",
					     "prefix6", "rules", "generation" };

	(void)state;
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		assert_string_equal(twp_table_layouts[id].name, names[id]);
		assert_int_equal(twp_row_size(id), sizes[id]);
	}
	assert_int_equal(twp_sizes_default.size[TWP_TABLE_HOST4], 65536);
	assert_int_equal(twp_sizes_default.size[TWP_TABLE_RULES], 1000000);
}

static void is_sorted_and_found(void **state)
{
	struct twp_image image;

	(void)state;
	twp_image_init(&image);
	for (uint32_t i = 0; i < 1000; i++)
		rule_add(&image, i * 7919 % 1000, (uint16_t)i, i);
	assert_int_equal(twp_image_seal(&image, NULL), 0);
	assert_int_equal(image.table[TWP_TABLE_RULES].count, 1000);
	for (size_t i = 1; i < 1000; i++)
		assert_true(memcmp(twp_row_key(&image, TWP_TABLE_RULES, i - 1),
				   twp_row_key(&image, TWP_TABLE_RULES, i),
				   sizeof(struct twp_rule_key)) < 0);
	for (uint32_t i = 0; i < 1000; i++) {
		struct twp_rule_key key = { .subject = i * 7919 % 1000,
					    .port = htons((uint16_t)i) };
		const struct twp_rule_value *value = twp_image_find(&image, TWP_TABLE_RULES, &key);

		assert_non_null(value);
		assert_int_equal(value->decision, i);
		key.peer = 1;
		assert_null(twp_image_find(&image, TWP_TABLE_RULES, &key));
	}
	assert_null(twp_image_find(&image, TWP_TABLE_HOST4, "\1\2\3\4"));
	twp_image_clean(&image);
}

static void a_key_has_one_value(void **state)
{
	struct twp_error error;
	struct twp_image image;

	(void)state;
	twp_image_init(&image);
	rule_add(&image, 1, 80, 5);
	rule_add(&image, 1, 81, 5);
	rule_add(&image, 1, 80, 5);
	assert_int_equal(twp_image_seal(&image, &error), 0);
	assert_int_equal(image.table[TWP_TABLE_RULES].count, 2);
	rule_add(&image, 1, 80, 6);
	assert_int_equal(twp_image_seal(&image, &error), -1);
	assert_string_equal(error.text, "table rules has two values for one key");
	twp_image_clean(&image);
}

static void copy_stands_alone(void **state)
{
	struct twp_image image, copy;
	struct twp_rule_key key = { .subject = 1, .port = htons(80) };

	(void)state;
	twp_image_init(&image);
	image.generation = 9;
	rule_add(&image, 1, 80, 5);
	assert_int_equal(twp_image_copy(&copy, &image), 0);
	twp_image_clean(&image);
	assert_int_equal(copy.generation, 9);
	assert_non_null(twp_image_find(&copy, TWP_TABLE_RULES, &key));
	/* and can grow */
	rule_add(&copy, 2, 80, 5);
	assert_int_equal(copy.table[TWP_TABLE_RULES].count, 2);
	twp_image_clean(&copy);
}

static void says_what_does_not_fit(void **state)
{
	struct twp_sizes sizes = twp_sizes_default;
	struct twp_error error;
	struct twp_image image;

	(void)state;
	twp_image_init(&image);
	for (uint32_t i = 0; i < 12; i++)
		rule_add(&image, i, 80, 5);
	sizes.size[TWP_TABLE_RULES] = 12;
	assert_int_equal(twp_image_fits(&image, &sizes, &error), 0);
	sizes.size[TWP_TABLE_RULES] = 11;
	assert_int_equal(twp_image_fits(&image, &sizes, &error), -1);
	assert_string_equal(error.text, "table rules needs 12 entries and has room for 11");
	twp_image_clean(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_key_and_value), cmocka_unit_test(is_sorted_and_found),
		cmocka_unit_test(a_key_has_one_value),	  cmocka_unit_test(copy_stands_alone),
		cmocka_unit_test(says_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
