// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/policy/label.c. */
#include "model.h"

static struct twp_labels labels_of(const char *const *text)
{
	struct twp_labels labels = { 0 };

	for (; *text; text++)
		assert_int_equal(twp_labels_parse(&labels, *text, NULL), 0);
	return labels;
}

#define LABELS(...) labels_of((const char *const[]){ __VA_ARGS__, NULL })

static void are_sorted_by_key(void **state)
{
	struct twp_labels labels = LABELS("c=3", "a=1", "d", "b=x=y");
	char *text = twp_labels_text(&labels);

	(void)state;
	assert_string_equal(text, "a=1,b=x\\=y,c=3,d");
	assert_string_equal(twp_labels_get(&labels, "b"), "x=y");
	assert_string_equal(twp_labels_get(&labels, "d"), "");
	assert_null(twp_labels_get(&labels, "e"));
	free(text);
	twp_labels_clean(&labels);
	assert_int_equal(labels.count, 0);
}

static void refuses(void **state)
{
	struct twp_labels labels = LABELS("a=1");
	char longest[TWP_LABEL_MAX + 2];
	struct twp_error error;

	(void)state;
	assert_int_equal(twp_labels_add(&labels, "a", "2", &error), -1);
	assert_string_equal(error.text, "label \"a\" stands twice");
	assert_int_equal(twp_labels_parse(&labels, "=2", &error), -1);
	assert_string_equal(error.text, "a label has an empty key");
	assert_int_equal(twp_labels_add(&labels, "b", "x\n", &error), -1);
	assert_string_equal(error.text,
			    "the value of a label holds a control character or is not UTF-8");
	assert_int_equal(twp_labels_add(&labels, "\xff", "", &error), -1);
	assert_string_equal(error.text,
			    "the key of a label holds a control character or is not UTF-8");

	memset(longest, 'x', sizeof(longest));
	longest[TWP_LABEL_MAX + 1] = '\0';
	assert_int_equal(twp_labels_add(&labels, "b", longest, &error), -1);
	assert_string_equal(error.text, "the value of a label is longer than 384 bytes");
	longest[TWP_LABEL_MAX] = '\0';
	assert_int_equal(twp_labels_add(&labels, longest, longest, &error), 0);
	assert_int_equal(labels.count, 2);
	twp_labels_clean(&labels);
}

static void has_a_limit(void **state)
{
	struct twp_labels labels = { 0 };
	struct twp_error error;
	char key[16];

	(void)state;
	for (int i = 0; i < TWP_LABELS_MAX; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(twp_labels_add(&labels, key, "", &error), 0);
	}
	assert_int_equal(twp_labels_add(&labels, "one-more", "", &error), -1);
	assert_string_equal(error.text, "there are more than 64 labels");
	twp_labels_clean(&labels);
}

static void contain(void **state)
{
	struct twp_labels labels = LABELS("a=1", "b=2", "c=3"), none = { 0 };
	struct twp_labels some = LABELS("a=1", "c=3"), other = LABELS("b=3"), more = LABELS("d=");

	(void)state;
	assert_true(twp_labels_contain(&labels, &none));
	assert_true(twp_labels_contain(&labels, &labels));
	assert_true(twp_labels_contain(&labels, &some));
	assert_false(twp_labels_contain(&some, &labels));
	assert_false(twp_labels_contain(&labels, &other));
	assert_false(twp_labels_contain(&labels, &more));
	assert_false(twp_labels_contain(&none, &some));
	twp_labels_clean(&labels);
	twp_labels_clean(&some);
	twp_labels_clean(&other);
	twp_labels_clean(&more);
}

/* Sets that differ have texts that differ, whatever they hold. */
static void text_is_unambiguous(void **state)
{
	struct twp_labels sets[] = {
		{ 0 },
		LABELS("a"),
		LABELS("a=1,b=2"),
		LABELS("a=1", "b=2"),
		LABELS("a=1\\", "b=2"),
		LABELS("a=1\\,b=2"),
		LABELS("a\\=1"),
		LABELS("a==1"),
		LABELS("a", "b"),
		LABELS("a,b"),
	};
	size_t count = sizeof(sets) / sizeof(sets[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			char *a = twp_labels_text(&sets[i]), *b = twp_labels_text(&sets[j]);
			int order = twp_labels_compare(&sets[i], &sets[j]);

			assert_int_equal(!strcmp(a, b), i == j);
			assert_int_equal(!order, i == j);
			assert_int_equal(order<0, twp_labels_compare(&sets[j], &sets[i])> 0);
			free(a);
			free(b);
		}
	}
	for (size_t i = 0; i < count; i++)
		twp_labels_clean(&sets[i]);
}

static void copy_stands_alone(void **state)
{
	struct twp_labels labels = LABELS("a=1", "b=2"), copy;

	(void)state;
	assert_int_equal(twp_labels_copy(&copy, &labels), 0);
	twp_labels_clean(&labels);
	assert_string_equal(twp_labels_get(&copy, "b"), "2");
	twp_labels_clean(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_sorted_by_key),   cmocka_unit_test(refuses),
		cmocka_unit_test(has_a_limit),	       cmocka_unit_test(contain),
		cmocka_unit_test(text_is_unambiguous), cmocka_unit_test(copy_stands_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
