// SPDX-License-Identifier: GPL-2.0-only
/* Label selectors from and to the text that kubectl takes. */
#include "selector_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "utf8.h"

/* The text, and what of it was read. */
struct reader {
	const char *text;
	const char *at;
	struct twp_error *error;
};

static void blanks_pass(struct reader *reader)
{
	reader->at += strspn(reader->at, " \t");
}

static int fail(const struct reader *reader, const char *what)
{
	size_t column = 1, length;

	for (const char *at = reader->text; at < reader->at; column++)
		at += twp_utf8_length(at, strlen(at), NULL);
	if (!*reader->at)
		return twp_error_set(reader->error, "selector '%s' ends where %s is wanted",
				     reader->text, what);
	length = twp_utf8_length(reader->at, strlen(reader->at), NULL);
	return twp_error_set(reader->error,
			     "selector '%s': %s is wanted at character %zu, not '%.*s'",
			     reader->text, what, column, (int)length, reader->at);
}

/* A key or a value: whatever is neither blank nor an operator. */
static char *word_read(struct reader *reader)
{
	size_t length;
	char *word;

	blanks_pass(reader);
	length = strcspn(reader->at, " \t,()=!<>");
	word = strndup(reader->at, length);
	reader->at += length;
	blanks_pass(reader);
	return word;
}

static int value_add(struct reader *reader, struct twp_requirement *requirement)
{
	char **array = twp_array_grow(requirement->value, requirement->values, sizeof(*array));

	if (!array)
		return twp_error_set(reader->error, "out of memory");
	requirement->value = array;
	array[requirement->values] = word_read(reader);
	if (!array[requirement->values])
		return twp_error_set(reader->error, "out of memory");
	if (strlen(array[requirement->values++]) > TWP_LABEL_MAX)
		return twp_error_set(reader->error, "the value of a label is longer than %d bytes",
				     TWP_LABEL_MAX);
	return 0;
}

/* "(a, b)", of which a value may be empty, but not the list. */
static int values_read(struct reader *reader, struct twp_requirement *requirement)
{
	if (*reader->at != '(')
		return fail(reader, "'('");
	reader->at++;
	blanks_pass(reader);
	if (*reader->at == ')')
		return fail(reader, "a value");
	for (;;) {
		if (value_add(reader, requirement))
			return -1;
		if (*reader->at == ')')
			break;
		if (*reader->at != ',')
			return fail(reader, "',' or ')'");
		reader->at++;
	}
	reader->at++;
	blanks_pass(reader);
	return 0;
}

/* What stands behind a key. */
static int operator_read(struct reader *reader, struct twp_requirement *requirement)
{
	const char *at = reader->at;
	size_t length = strcspn(at, " \t,()=!<>");

	requirement->operator= TWP_OPERATOR_IN;
	if (*at == '=') {
		reader->at += at[1] == '=' ? 2 : 1;
		return value_add(reader, requirement);
	}
	if (at[0] == '!' && at[1] == '=') {
		requirement->operator= TWP_OPERATOR_NOT_IN;
		reader->at += 2;
		return value_add(reader, requirement);
	}
	if (length == 5 && !strncmp(at, "notin", 5))
		requirement->operator= TWP_OPERATOR_NOT_IN;
	else if (length != 2 || strncmp(at, "in", 2))
		requirement->operator= TWP_OPERATOR_EXISTS;
	if (requirement->operator== TWP_OPERATOR_EXISTS)
		return *at && *at != ',' ? fail(reader, "=, ==, !=, in, notin or ','") : 0;
	reader->at += length;
	blanks_pass(reader);
	return values_read(reader, requirement);
}

/* Moves the key behind its source. */
static int key_settle(struct reader *reader, char *key)
{
	const char *bare = key;

	if (twp_label_key_settle(&bare, reader->error))
		return -1;
	memmove(key, bare, strlen(bare) + 1);
	return 0;
}

static int requirement_read(struct reader *reader, struct twp_requirement *requirement)
{
	bool absent;

	blanks_pass(reader);
	absent = *reader->at == '!';
	reader->at += absent;
	requirement->key = word_read(reader);
	if (!requirement->key)
		return twp_error_set(reader->error, "out of memory");
	if (!*requirement->key)
		return fail(reader, "the key of a label");
	if (strlen(requirement->key) > TWP_LABEL_MAX)
		return twp_error_set(reader->error, "the key of a label is longer than %d bytes",
				     TWP_LABEL_MAX);
	if (key_settle(reader, requirement->key))
		return -1;
	requirement->operator= TWP_OPERATOR_DOES_NOT_EXIST;
	if (absent)
		return *reader->at && *reader->at != ',' ? fail(reader, "','") : 0;
	return operator_read(reader, requirement);
}

static int requirement_add(struct reader *reader, struct twp_selector *selector)
{
	struct twp_requirement *array =
		twp_array_grow(selector->requirement, selector->requirements, sizeof(*array));

	if (!array)
		return twp_error_set(reader->error, "out of memory");
	selector->requirement = array;
	array[selector->requirements] = (struct twp_requirement){ 0 };
	return requirement_read(reader, &array[selector->requirements++]);
}

int twp_selector_parse(struct twp_selector *selector, const char *text, struct twp_error *error)
{
	TWP_CLEANUP(twp_selector_clean) struct twp_selector made = { 0 };
	struct reader reader = { text, text, error };

	if (strlen(text) > TWP_SELECTOR_TEXT_MAX)
		return twp_error_set(error, "a selector is longer than %d bytes",
				     TWP_SELECTOR_TEXT_MAX);
	if (twp_utf8_span(text, strlen(text), "\t") != strlen(text))
		return twp_error_set(error, "a selector holds a control character");
	blanks_pass(&reader);
	if (!*reader.at)
		return twp_error_set(error, "a selector is empty");
	for (;;) {
		if (requirement_add(&reader, &made))
			return -1;
		if (!*reader.at)
			break;
		if (*reader.at != ',')
			return fail(&reader, "','");
		reader.at++;
	}
	*selector = made;
	made = (struct twp_selector){ 0 };
	return 0;
}

static int text_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Texts in order, each once, with commas between them. */
static void texts_print(FILE *stream, char **text, size_t count)
{
	qsort(text, count, sizeof(*text), text_compare);
	for (size_t i = 0; i < count; i++)
		if (!i || strcmp(text[i - 1], text[i]))
			fprintf(stream, "%s%s", i ? "," : "", text[i]);
}

static void values_print(FILE *stream, const struct twp_requirement *requirement)
{
	bool in = requirement->operator== TWP_OPERATOR_IN;
	size_t distinct = 1;

	/* Sorting a set does not change what it says. */
	qsort(requirement->value, requirement->values, sizeof(*requirement->value), text_compare);
	for (size_t i = 1; i < requirement->values; i++)
		distinct += strcmp(requirement->value[i - 1], requirement->value[i]) != 0;
	if (distinct == 1) {
		fprintf(stream, "%s%s%s", requirement->key, in ? "=" : "!=", *requirement->value);
		return;
	}
	fprintf(stream, "%s %s (", requirement->key, in ? "in" : "notin");
	texts_print(stream, requirement->value, requirement->values);
	fputc(')', stream);
}

static char *requirement_text(const struct twp_requirement *requirement)
{
	size_t room = 0;
	char *text = NULL;
	FILE *stream = open_memstream(&text, &room);

	if (!stream)
		return NULL;
	if (requirement->values)
		values_print(stream, requirement);
	else
		fprintf(stream, "%s%s",
			requirement->operator== TWP_OPERATOR_DOES_NOT_EXIST ? "!" : "",
			requirement->key);
	if (!fclose(stream))
		return text;
	free(text);
	return NULL;
}

static char *label_text(const struct twp_label *label)
{
	char *text;

	return asprintf(&text, "%s=%s", label->key, label->value) < 0 ? NULL : text;
}

static char *joined(char **text, size_t count)
{
	size_t room = 0;
	char *whole = NULL;
	FILE *stream = open_memstream(&whole, &room);

	if (!stream)
		return NULL;
	texts_print(stream, text, count);
	if (!fclose(stream))
		return whole;
	free(whole);
	return NULL;
}

char *twp_selector_text(const struct twp_selector *selector)
{
	const size_t labels = selector->labels.count, count = labels + selector->requirements;
	TWP_AUTOFREE char **text = calloc(count + 1, sizeof(*text));
	bool good = text != NULL;
	char *whole = NULL;

	for (size_t i = 0; good && i < count; i++) {
		text[i] = i < labels ? label_text(&selector->labels.label[i]) :
				       requirement_text(&selector->requirement[i - labels]);
		good = text[i] != NULL;
	}
	if (good)
		whole = joined(text, count);
	for (size_t i = 0; text && i < count; i++)
		free(text[i]);
	return whole;
}
