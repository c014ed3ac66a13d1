// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/policy/selector.c. */
#include "model.h"
#include "policy/selector.h"

static struct twp_labels labels_of(const char *words)
{
	struct twp_labels labels = { 0 };
	char *copy = strdup(words), *rest = copy, *word;

	while ((word = strsep(&rest, " ")))
		if (*word)
			assert_int_equal(twp_labels_parse(&labels, word, NULL), 0);
	free(copy);
	return labels;
}

static bool matches(const char *wanted, const char *has)
{
	struct twp_selector selector = { .labels = labels_of(wanted) };
	struct twp_labels labels = labels_of(has);
	bool result = twp_selector_matches(&selector, &labels);

	twp_labels_clean(&selector.labels);
	twp_labels_clean(&labels);
	return result;
}

static void truth_table(void **state)
{
	(void)state;
	assert_true(matches("", ""));
	assert_true(matches("", "app=web"));
	assert_true(matches("app=web", "app=web"));
	assert_true(matches("app=web", "app=web tier=1"));
	assert_false(matches("app=web", ""));
	assert_false(matches("app=web", "app=db"));
	assert_false(matches("app=web tier=1", "app=web"));
	assert_false(matches("app", "app=web"));
	assert_true(matches("app", "app="));
	/* The host and the world only by name. */
	assert_false(matches("", "reserved:host"));
	assert_false(matches("", "reserved:world"));
	assert_false(matches("app=web", "reserved:host app=web"));
	assert_true(matches("reserved:host", "reserved:host app=web"));
	assert_true(matches("reserved:host app=web", "reserved:host app=web"));
	assert_false(matches("reserved:host app=db", "reserved:host app=web"));
	assert_true(matches("reserved:world", "reserved:world"));
	assert_false(matches("reserved:world", "reserved:host"));
	assert_false(matches("reserved:host", "app=web"));
}

/* The index finds what asking each set would find, each once. */
static void index_agrees_with_matching(void **state)
{
	enum { SETS = 400, SELECTORS = 300 };
	const struct twp_labels **set = calloc(SETS, sizeof(const struct twp_labels *));
	static struct twp_labels sets[SETS];
	struct twp_selection selection;
	struct twp_label_index index;
	size_t found = 0;

	(void)state;
	srandom(2);
	for (int i = 0; i < SETS; i++) {
		for (int k = random() % 5; k > 0; k--) {
			char text[32];

			snprintf(text, sizeof(text), "k%ld=%ld", random() % 6, random() % 3);
			twp_labels_parse(&sets[i], text, NULL);
		}
		set[i] = &sets[i];
	}
	assert_int_equal(twp_label_index_init(&index, set, SETS), 0);
	assert_int_equal(twp_selection_init(&selection, &index), 0);
	for (int i = 0; i < SELECTORS; i++) {
		/* A selection may hold what several selectors select. */
		struct twp_selector one = { .labels = sets[random() % SETS] }, two = { 0 };
		bool chosen[SETS] = { false };
		char text[32];

		snprintf(text, sizeof(text), "k%ld=%ld", random() % 7, random() % 3);
		twp_labels_parse(&two.labels, text, NULL);
		twp_selection_begin(&selection, &index);
		twp_selection_add(&selection, &index, &one, false);
		twp_selection_add(&selection, &index, &two, false);
		for (size_t j = 0; j < selection.count; j++) {
			assert_false(chosen[selection.set[j]]);
			chosen[selection.set[j]] = true;
		}
		for (int j = 0; j < SETS; j++) {
			assert_int_equal(chosen[j], twp_selector_matches(&one, &sets[j]) ||
							    twp_selector_matches(&two, &sets[j]));
			found += chosen[j];
		}
		twp_labels_clean(&two.labels);
	}
	assert_true(found > 1000);
	for (int i = 0; i < SETS; i++)
		twp_labels_clean(&sets[i]);
	twp_selection_clean(&selection);
	twp_label_index_clean(&index);
}

/* Marks of 2^32 rounds before do not count. */
static void rounds_wrap(void **state)
{
	const struct twp_labels **set = calloc(1, sizeof(const struct twp_labels *));
	struct twp_labels labels = labels_of("a=1");
	struct twp_selector all = { 0 };
	struct twp_selection selection;
	struct twp_label_index index;

	(void)state;
	set[0] = &labels;
	assert_int_equal(twp_label_index_init(&index, set, 1), 0);
	assert_int_equal(twp_selection_init(&selection, &index), 0);
	twp_selection_begin(&selection, &index);
	twp_selection_add(&selection, &index, &all, false);
	index.round = UINT32_MAX;
	twp_selection_begin(&selection, &index);
	twp_selection_add(&selection, &index, &all, false);
	assert_int_equal(selection.count, 1);
	twp_selection_clean(&selection);
	twp_label_index_clean(&index);
	twp_labels_clean(&labels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth_table),
		cmocka_unit_test(index_agrees_with_matching),
		cmocka_unit_test(rounds_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
