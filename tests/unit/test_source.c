// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/policy/source.c and yaml.c: text to events. */
#include "model.h"
#include "policy/source.h"

/* The events as one line, "[ { a : 80p } ]" with p for plain; or the error. */
static const char *events(const char *text, size_t length)
{
	static const char *const marks[] = { "", "", "[", "]", "{", "}" };
	static struct twp_error error;
	static char line[4096];
	struct twp_source source;
	const char *answer = line;

	line[0] = '\0';
	error.text[0] = '\0';
	if (twp_source_open(&source, "f", text, length, &error)) {
		answer = error.text;
	} else {
		do {
			const struct twp_event *event = &source.event;
			size_t at = strlen(line);

			if (twp_source_next(&source)) {
				answer = error.text;
				break;
			}
			if (event->type == TWP_EVENT_SCALAR)
				snprintf(line + at, sizeof(line) - at, "%.*s%s@%zu ",
					 (int)event->length, event->text, event->plain ? "p" : "",
					 event->offset);
			else if (event->type != TWP_EVENT_END)
				snprintf(line + at, sizeof(line) - at, "%s@%zu ",
					 marks[event->type], event->offset);
		} while (source.event.type != TWP_EVENT_END);
	}
	twp_source_close(&source);
	return answer;
}

#define assert_events(text, expected) assert_string_equal(events(text, strlen(text)), expected)

static void json_is_read(void **state)
{
	(void)state;
	assert_events("{\"a\": [1, \"b\", null]}", "{@0 a@1 [@6 1p@7 b@10 nullp@15 ]@19 }@20 ");
	assert_events("{\"a\":1,\n\t\"b\":\t[{}]}", "{@0 a@1 1p@5 b@9 [@14 {@15 }@16 ]@17 }@18 ");
	assert_events(" [ ] ", "[@1 ]@3 ");
	assert_events("{}", "{@0 }@1 ");
	assert_events("[-0.5e+3,10,true,false]", "[@0 -0.5e+3p@1 10p@9 truep@12 falsep@17 ]@22 ");
	assert_events("[\"\\u00fc\\/\\n\\\"\"]", "[@0 \u00fc/\n\"@1 ]@15 ");
	/* Behind characters of several bytes. */
	assert_events("[\"\u00fc\U0001f600\", 1]", "[@0 \u00fc\U0001f600@1 1p@11 ]@12 ");
}

static void yaml_is_read(void **state)
{
	(void)state;
	assert_events("a: 'b'\nc:\n- d\n- e\nf:",
		      "{@0 ap@0 b@3 cp@7 [@10 dp@12 ep@16 ]@18 fp@18 p@20 }@20 ");
	/* JSON with a comment, or without quotes, is YAML. */
	assert_events("{a: [1]} # x", "{@0 ap@1 [@4 1p@5 ]@6 }@7 ");
	assert_events("", "");
	assert_events("# nothing\n", "");
	assert_events("['', 'a''b''', '''x', \"''''\"]", "[@0 @1 a'b'@5 'x@15 ''''@22 ]@28 ");
	assert_events("a: 'b\n c'\nd: |-\n e\n f\ng: >-\n h\n i",
		      "{@0 ap@0 b c@3 dp@10 e\nf@13 gp@22 h i@25 }@33 ");
	/* A byte order mark is not counted. */
	assert_events("\xef\xbb\xbf"
		      "a: 1",
		      "{@0 ap@0 1p@3 }@4 ");
}

static void faults_have_a_place(void **state)
{
	(void)state;
	assert_events("a: b\n c: d", "f:2:3: mapping values are not allowed in this context");
	assert_events("a: 1\n---\nb: 2", "f:2:1: a second document in one file is not supported");
	assert_events("a: 1\n...\nb: 2", "f:3:1: did not find expected <document start>");
	assert_events("a: &x 1\nb: *x", "f:1:4: an anchor is not supported");
	assert_events("a: [*x]", "f:1:5: an alias is not supported");
	assert_events("a: !!str 1", "f:1:4: a tag is not supported");
	assert_events("%YAML 1.1\n---\na: 1", "f:1:1: a directive is not supported");
	assert_events("a: 1\n%x", "f:2:3: found unknown directive name while scanning a directive");
	assert_events("\u00fc\u00fc: \x01", "f:1:5: a control character (byte 0x01) may not stand "
					    "in a document");
	assert_events("\r\nx\r\xff", "f:3:1: byte 0xff is not UTF-8");
	assert_string_equal(events("a: \0", 4),
			    "f:1:4: a control character (byte 0x00) may not stand in a document");
}

static char *repeat(const char *begin, const char *text, size_t count, const char *end)
{
	size_t length = strlen(text);
	char *whole = malloc(strlen(begin) + count * length + strlen(end) + 1), *at;

	assert_non_null(whole);
	at = stpcpy(whole, begin);
	for (size_t i = 0; i < count; i++)
		at = stpcpy(at, text);
	strcpy(at, end);
	return whole;
}

/* The events are counted, the last error is kept. */
static size_t count(const char *text, struct twp_error *error)
{
	struct twp_source source;
	size_t events = 0;

	error->text[0] = '\0';
	if (!twp_source_open(&source, "f", text, strlen(text), error))
		while (!twp_source_next(&source) && source.event.type != TWP_EVENT_END)
			events++;
	twp_source_close(&source);
	return events;
}

static void one_long_line_of_json_is_read(void **state)
{
	char *text = repeat("[", "{\"a\":[1,2]},", 300000, "{}]");
	struct twp_error error;

	(void)state;
	assert_int_equal(count(text, &error), 300000 * 7 + 4);
	assert_string_equal(error.text, "");
	free(text);
}

/* Nothing is built of what nests or goes on: the first events come at once. */
static void events_come_one_by_one(void **state)
{
	static const struct {
		const char *begin, *text, *error;
	} cases[] = {
		{ "", "[", "f:1:33: the document is nested deeper than 32 levels" },
		{ "", "{a: ", "f:1:129: the document is nested deeper than 32 levels" },
		{ "", "- ", "f:1:65: the document is nested deeper than 32 levels" },
		{ "a: \"", "x", "found unexpected end of stream" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = repeat(cases[i].begin, cases[i].text, 1000000, "");
		struct twp_error error;

		count(text, &error);
		if (!strstr(error.text, cases[i].error))
			fail_msg("%s", error.text);
		free(text);
	}
}

static void long_documents_are_read(void **state)
{
	char *text = repeat("", "- a: {b: c, d: [e, f]}\n", 100000, "");
	struct twp_error error;

	(void)state;
	assert_int_equal(count(text, &error), 100000 * 12 + 2);
	assert_string_equal(error.text, "");
	free(text);
	text = repeat("a: ", "x", TWP_DOCUMENT_MAX, "");
	assert_int_equal(count(text, &error), 0);
	assert_string_equal(error.text,
			    "f: the document is 67108867 bytes long, and 67108864 are the most");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_read),
		cmocka_unit_test(yaml_is_read),
		cmocka_unit_test(faults_have_a_place),
		cmocka_unit_test(one_long_line_of_json_is_read),
		cmocka_unit_test(events_come_one_by_one),
		cmocka_unit_test(long_documents_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
