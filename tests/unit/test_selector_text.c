// SPDX-License-Identifier: GPL-2.0-only
/* Tests of label selectors as kubectl writes them. */
#include "policy/selector_text.h"

#include "model.h"

static char *again(const char *text)
{
	struct twp_selector selector;
	struct twp_error error;
	char *made;

	if (twp_selector_parse(&selector, text, &error))
		fail_msg("%s", error.text);
	made = twp_selector_text(&selector);
	twp_selector_clean(&selector);
	return made;
}

static void one_text_for_each_meaning(void **state)
{
	static const char *const texts[][2] = {
		{ "app=web", "app=web" },
		{ " app == web ", "app=web" },
		{ "app in (web)", "app=web" },
		{ "app in(web,api, web)", "app in (api,web)" },
		{ "app!=web", "app!=web" },
		{ "app notin (web)", "app!=web" },
		{ "app notin (b, a)", "app notin (a,b)" },
		{ "app", "app" },
		{ "! app", "!app" },
		{ "in", "in" },
		{ "in in (in,notin)", "in in (in,notin)" },
		{ "notin notin (in)", "notin!=in" },
		{ "app=", "app=" },
		{ "app in (,a)", "app in (,a)" },
		{ "b=1,a=1,b=1", "a=1,b=1" },
		{ "k8s.io/x-y_z=1.2,!b , c in (d)", "!b,c=d,k8s.io/x-y_z=1.2" },
		{ "reserved:host", "reserved:host" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char *text = again(texts[i][0]), *twice = again(text);

		assert_string_equal(text, texts[i][1]);
		assert_string_equal(twice, text);
		free(text);
		free(twice);
	}
}

static void it_selects_as_kubectl_does(void **state)
{
	static const struct {
		const char *selector, *labels;
		bool selects;
	} cases[] = {
		{ "app=web", "app=web", true },
		{ "app=web", "app=api", false },
		{ "app=web", "tier=web", false },
		{ "app!=web", "app=web", false },
		{ "app!=web", "app=api", true },
		{ "app!=web", "tier=a", true }, /* absent */
		{ "app in (web,api)", "app=api", true },
		{ "app in (web,api)", "app=db", false },
		{ "app notin (web,api)", "app=db", true },
		{ "app notin (web,api)", "tier=a", true },
		{ "app notin (web,api)", "app=api", false },
		{ "app", "app", true },
		{ "app", "tier=a", false },
		{ "!app", "app", false },
		{ "!app", "tier=a", true },
		{ "app=", "app", true },
		{ "app=", "app=web", false },
		{ "app=web,tier in (a,b)", "app=web,tier=b", true },
		{ "app=web,tier in (a,b)", "app=web,tier=c", false },
		{ "app=web,tier in (a,b)", "tier=b", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char copy[64], *rest = copy, *word;
		struct twp_labels labels = { 0 };
		struct twp_selector selector;
		struct twp_error error;

		snprintf(copy, sizeof(copy), "%s", cases[i].labels);
		while ((word = strsep(&rest, ",")))
			assert_int_equal(twp_labels_parse(&labels, word, &error), 0);
		assert_int_equal(twp_selector_parse(&selector, cases[i].selector, &error), 0);
		if (twp_selector_matches(&selector, &labels) != cases[i].selects)
			fail_msg("%s of %s", cases[i].selector, cases[i].labels);
		twp_selector_clean(&selector);
		twp_labels_clean(&labels);
	}
}

static void faults_are_named(void **state)
{
	static const char *const texts[][2] = {
		{ "", "a selector is empty" },
		{ "  ", "a selector is empty" },
		{ "app=web,", "selector 'app=web,' ends where the key of a label is wanted" },
		{ ",app", "selector ',app': the key of a label is wanted at character 1, not ','" },
		{ "app>1", "=, ==, !=, in, notin or ',' is wanted at character 4, not '>'" },
		{ "app web", "is wanted at character 5, not 'w'" },
		{ "app in", "selector 'app in' ends where '(' is wanted" },
		{ "app in web", "'(' is wanted at character 8, not 'w'" },
		{ "app in ()", "a value is wanted at character 9, not ')'" },
		{ "app in (a", "ends where ',' or ')' is wanted" },
		{ "app in (a b)", "',' or ')' is wanted at character 11, not 'b'" },
		{ "app in (a)b", "',' is wanted at character 11, not 'b'" },
		{ "app=a=b", "',' is wanted at character 6, not '='" },
		{ "!app=a", "',' is wanted at character 5, not '='" },
		{ "a=\xc3\xa9 \xc3\xa9", "',' is wanted at character 5, not '\xc3\xa9'" },
		{ "!!app", "the key of a label is wanted at character 2, not '!'" },
		{ "app=\001", "a selector holds a control character" },
	};
	struct twp_selector selector = { 0 };
	struct twp_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(twp_selector_parse(&selector, texts[i][0], &error), -1);
		if (!strstr(error.text, texts[i][1]))
			fail_msg("'%s': %s", texts[i][0], error.text);
		assert_int_equal(selector.requirements, 0);
	}
}

static void long_ones_are_bounded(void **state)
{
	char text[TWP_SELECTOR_TEXT_MAX + 2];
	struct twp_selector selector;
	struct twp_error error;

	(void)state;
	memset(text, ',', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(twp_selector_parse(&selector, text, &error), -1);
	assert_string_equal(error.text, "a selector is longer than 4096 bytes");
	for (size_t i = 0; i < sizeof(text) - 2; i += 2)
		text[i] = 'a';
	text[TWP_SELECTOR_TEXT_MAX - 1] = '\0';
	assert_int_equal(twp_selector_parse(&selector, text, &error), 0);
	twp_selector_clean(&selector);
	memset(text, 'a', TWP_LABEL_MAX + 1);
	text[TWP_LABEL_MAX + 1] = '\0';
	assert_int_equal(twp_selector_parse(&selector, text, &error), -1);
	assert_string_equal(error.text, "the key of a label is longer than 384 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_text_for_each_meaning),
		cmocka_unit_test(it_selects_as_kubectl_does),
		cmocka_unit_test(faults_are_named),
		cmocka_unit_test(long_ones_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
