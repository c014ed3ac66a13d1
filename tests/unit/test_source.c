// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/policy/source.c, json.c and yaml.c: text to events. */
#include "model.h"
#include "policy/source.h"

/* The events as one line, "[ { a : 80p } ]" with p for plain; or the error. */
static const char *events(const char *text, size_t length, bool *json)
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
		if (json)
			*json = source.json;
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

#define assert_events(text, expected) \
	assert_string_equal(events(text, strlen(text), NULL), expected)

static void json_is_read(void **state)
{
	bool json;

	(void)state;
	assert_string_equal(events("{\"a\": [1, \"b\", null]}", 21, &json),
			    "{@0 a@1 [@6 1p@7 b@10 nullp@15 ]@19 }@20 ");
	assert_true(json);
	assert_events(" [ ] ", "[@1 ]@3 ");
	assert_events("{}", "{@0 }@1 ");
	assert_events("[-0.5e+3,10,true,false]", "[@0 -0.5e+3p@1 10p@9 truep@12 falsep@17 ]@22 ");
	assert_events("[\"\\u00fc\\ud83d\\ude00\\/\\n\\\"\"]", "[@0 \u00fc\U0001f600/\n\"@1 ]@27 ");
	/* A string with escapes keeps its text until the next event. */
	assert_events("[\"\\u0061\",\"\\u0062c\"]", "[@0 a@1 bc@10 ]@19 ");
}

/* Each of these is no JSON; some are YAML. */
static void json_is_strict(void **state)
{
	static const char *const texts[] = {
		"[1,]",
		"[,1]",
		"[1 2]",
		"{\"a\" 1}",
		"{\"a\":1,}",
		"{a:1}",
		"[01]",
		"[1.]",
		"[.5]",
		"[+1]",
		"[1e]",
		"[tru]",
		"[True]",
		"[\"\\x\"]",
		"[\"\\u12\"]",
		"[\"\\ud800\"]",
		"[\"\\ude00\\ud83d\"]",
		"[\"a\tb\"]",
		"[\"a",
		"[",
		"{",
		"{\"a\":",
		"[1]]",
		"[1] 2",
		"{\"a\":1]",
		"[1}",
		"[\"\\\"]",
		"[-]",
		"[\"a\\",
		"{\"a\"}",
		"[]#",
	};
	struct twp_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct twp_source source = { .file = "f", .text = texts[i], .error = &error };

		source.length = strlen(texts[i]);
		if (twp_json_check(&source))
			fail_msg("%s is taken for JSON", texts[i]);
		assert_memory_equal(error.text, "f:1:", 4);
	}
}

static void json_has_a_depth(void **state)
{
	char text[2 * TWP_DOCUMENT_DEPTH + 3];
	struct twp_error error;
	struct twp_source source = { .file = "f", .text = text, .error = &error };

	(void)state;
	memset(text, '[', TWP_DOCUMENT_DEPTH + 1);
	memset(text + TWP_DOCUMENT_DEPTH + 1, ']', TWP_DOCUMENT_DEPTH + 1);
	source.length = 2 * TWP_DOCUMENT_DEPTH + 2;
	assert_false(twp_json_check(&source));
	assert_string_equal(error.text, "f:1:33: the document is nested deeper than 32 levels");
	source.text++;
	source.length -= 2;
	assert_true(twp_json_check(&source));
}

static void yaml_is_read(void **state)
{
	bool json;

	(void)state;
	assert_string_equal(events("a: 'b'\nc:\n- d\n- e\nf:", 20, &json),
			    "{@0 ap@0 b@3 cp@7 [@10 dp@12 ep@16 ]@16 fp@18 p@18 }@18 ");
	assert_false(json);
	/* JSON with a comment, or without quotes, is YAML. */
	assert_events("{a: [1]} # x", "{@0 ap@1 [@4 1p@5 ]@5 }@5 ");
	assert_events("", "");
	assert_events("# nothing\n", "");
	assert_events("['', 'a''b''', '''x', \"''''\"]", "[@0 @1 a'b'@5 'x@15 ''''@22 ]@23 ");
	/* A byte order mark is not counted. */
	assert_events("\xef\xbb\xbf"
		      "a: 1",
		      "{@0 ap@0 1p@3 }@3 ");
}

static void faults_have_a_place(void **state)
{
	(void)state;
	assert_events("a: b\n c: d", "f:1:4: invalid multiline plain key");
	assert_events("a: 1\n---\nb: 2", "f:2:1: a second document in one file is not supported");
	assert_events("a: 1\n...\nb: 2", "f:3:1: a second document in one file is not supported");
	assert_events("a: &x 1\nb: *x", "f:1:7: an anchor is not supported");
	assert_events("a: [*x]", "f:1:5: an alias is not supported");
	assert_events("a: !!str 1", "f:1:10: a tag is not supported");
	assert_events("%YAML 1.1\n---\na: 1", "f:1:1: a directive is not supported");
	assert_events("a: 'b''''c'",
		      "f:1:4: quotes in a row are not supported; use double quotes around them");
	assert_events("a: 'b\n c'", "f:1:4: a scalar of several lines is not supported");
	assert_events("a: |-\n c\n", "f:2:1: a scalar of several lines is not supported");
	assert_events("a: 1\n%x", "f:2:1: a directive is not supported");
	assert_events("\u00fc\u00fc: \x01", "f:1:5: a control character (byte 0x01) may not stand "
					    "in a document");
	assert_events("\r\nx\r\xff", "f:3:1: byte 0xff is not UTF-8");
	assert_string_equal(events("a: \0", 4, NULL),
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

static void libfyaml_is_not_fed_too_far(void **state)
{
	static const struct {
		const char *begin, *text, *end, *error;
	} cases[] = {
		{ "", "[", "", "f:1:33: the document is nested deeper than 32 levels" },
		{ "", "{a: ", "", "f:1:2: a key in double quotes is missing" },
		{ "[{", "a: b, ", "}]", "f:1:3: a key in double quotes is missing" },
		{ "a: 1\nb: ", "[", "", NULL },
		{ "- ", "{a: b, ", "", NULL },
		{ "a: \"", "x", "\"", NULL },
		{ "a: |\n", " x\n", "", NULL },
		{ "a: 1\n", "# x\n", "b: 2", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = repeat(cases[i].begin, cases[i].text, 1000000, cases[i].end);
		struct twp_error error;

		count(text, &error);
		if (cases[i].error)
			assert_string_equal(error.text, cases[i].error);
		else
			assert_non_null(strstr(error.text, ": more than 65536 bytes follow before "
							   "anything in them is complete"));
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
		cmocka_unit_test(json_is_strict),
		cmocka_unit_test(json_has_a_depth),
		cmocka_unit_test(yaml_is_read),
		cmocka_unit_test(faults_have_a_place),
		cmocka_unit_test(one_long_line_of_json_is_read),
		cmocka_unit_test(libfyaml_is_not_fed_too_far),
		cmocka_unit_test(long_documents_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
