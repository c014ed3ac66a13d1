// SPDX-License-Identifier: GPL-2.0-only
/* The walk over lists and mappings, and the sentences about what is wrong with them. */
#include "grammar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

struct twp_quote twp_quote_event(const struct twp_event *event)
{
	int length = event->length < 64 ? (int)event->length : 64;
	struct twp_quote quote;

	/* No character is cut in two. */
	while (length && length < (int)event->length && (event->text[length] & 0xc0) == 0x80)
		length--;
	snprintf(quote.text, sizeof(quote.text), "\"%.*s%s\"", length, event->text,
		 length < (int)event->length ? "..." : "");
	/* A quoted scalar may hold what the document itself may not. */
	for (char *c = quote.text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return quote;
}

const char *twp_event_kind(const struct twp_event *event)
{
	switch (event->type) {
	case TWP_EVENT_LIST:
		return "a list";
	case TWP_EVENT_MAPPING:
		return "a mapping";
	default:
		return !event->plain || event->length ?
			       (twp_event_is_null(event) ? "null" : "a scalar") :
			       "empty";
	}
}

int twp_grammar_fail(const struct twp_source *source, const char *what, const char *wanted)
{
	return twp_source_fail(source, source->event.offset, "%s must be %s, not %s", what, wanted,
			       twp_event_kind(&source->event));
}

bool twp_event_is(const struct twp_event *event, const char *text)
{
	return event->length == strlen(text) && !memcmp(event->text, text, event->length);
}

bool twp_event_is_null(const struct twp_event *event)
{
	return event->type == TWP_EVENT_SCALAR && event->plain &&
	       (!event->length || twp_event_is(event, "null") || twp_event_is(event, "Null") ||
		twp_event_is(event, "NULL") || twp_event_is(event, "~"));
}

static size_t span(const struct twp_event *event, size_t from, const char *of)
{
	size_t at = from;

	while (at < event->length && event->text[at] && strchr(of, event->text[at]))
		at++;
	return at - from;
}

/* As the core schema of YAML 1.2 has them: [-+]digits[.digits][e[-+]digits], 0x and 0o. */
static bool is_number(const struct twp_event *event)
{
	static const char digits[] = "0123456789";
	size_t at = span(event, 0, "-+") == 1, whole, part = 0;

	if (event->length > 2 && event->text[0] == '0' &&
	    (event->text[1] == 'x' || event->text[1] == 'o'))
		return 2 + span(event, 2, "0123456789abcdefABCDEF") == event->length;
	whole = span(event, at, digits);
	at += whole;
	if (at < event->length && event->text[at] == '.') {
		part = span(event, ++at, digits);
		at += part;
	}
	if (!whole && !part)
		return false;
	if (at < event->length && (event->text[at] | 32) == 'e') {
		at++;
		at += span(event, at, "-+") == 1;
		part = span(event, at, digits);
		return part && at + part == event->length;
	}
	return at == event->length;
}

bool twp_event_is_typed(const struct twp_event *event)
{
	static const char *const words[] = { "true", "True", "TRUE", "false", "False", "FALSE" };

	if (event->type != TWP_EVENT_SCALAR || !event->plain)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (twp_event_is(event, words[i]))
			return true;
	return is_number(event);
}

int twp_bool_read(const struct twp_source *source, const char *what, bool *value)
{
	static const char *const words[] = { "false", "False", "FALSE", "true", "True", "TRUE" };
	const struct twp_event *event = &source->event;

	for (size_t i = 0; event->type == TWP_EVENT_SCALAR && event->plain && i < 6; i++) {
		if (!twp_event_is(event, words[i]))
			continue;
		*value = i >= 3;
		return 0;
	}
	if (event->type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, what, "true or false");
	return twp_source_fail(source, event->offset, "%s must be true or false, not %s", what,
			       twp_quote_event(event).text);
}

int twp_ignored_read(struct twp_source *source, void *into)
{
	enum twp_event_type type = source->event.type;
	unsigned int depth = twp_source_depth(source);

	(void)into;
	if (type != TWP_EVENT_LIST && type != TWP_EVENT_MAPPING)
		return 0;
	return twp_source_skip(source, depth - 1);
}

int twp_text_read(struct twp_source *source, const char *what, size_t most, char **text)
{
	const struct twp_event *event = &source->event;
	char *copy;

	if (event->type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, what, "a text");
	if (event->length > most)
		return twp_source_fail(source, event->offset, "%s is longer than %zu bytes", what,
				       most);
	if (twp_utf8_span(event->text, event->length, "\t\n\r") != event->length)
		return twp_source_fail(source, event->offset, "%s holds a control character", what);
	copy = strndup(event->text, event->length);
	if (!copy)
		return twp_error_set(source->error, "%s: out of memory", source->file);
	free(*text);
	*text = copy;
	return 0;
}

/* Reads a list, each item with @read. With errors collected, each item says its own. */
int twp_list_read(struct twp_source *source, const char *what, twp_grammar_reader *read, void *into)
{
	unsigned int depth = twp_source_depth(source);
	int result = 0;

	if (source->event.type != TWP_EVENT_LIST)
		return twp_grammar_fail(source, what, "a list");
	for (;;) {
		if (twp_source_next(source))
			return -1;
		if (source->event.type == TWP_EVENT_LIST_END && twp_source_depth(source) < depth)
			return result;
		if (read(source, into)) {
			result = -1;
			if (twp_source_recover(source, depth))
				return -1;
		}
	}
}

static int unknown_fail(const struct twp_source *source, const struct twp_mapping *mapping)
{
	char known[200] = "";

	for (const struct twp_field *field = mapping->field; field->name; field++) {
		size_t length = strlen(known);

		if (field->read && field->read != twp_ignored_read)
			snprintf(known + length, sizeof(known) - length, "%s%s", length ? ", " : "",
				 field->name);
	}
	return twp_source_fail(source, source->event.offset,
			       "field %s is unknown in %s; %s %s known",
			       twp_quote_event(&source->event).text, mapping->what, known,
			       strchr(known, ',') ? "are" : "is");
}

/* The field that the key at hand names; NULL, and a sentence, if it may not stand here. */
static const struct twp_field *field_find(const struct twp_source *source,
					  const struct twp_mapping *mapping, unsigned long *seen)
{
	const struct twp_event *key = &source->event;
	const struct twp_field *field = mapping->field;

	if (key->type != TWP_EVENT_SCALAR) {
		twp_source_fail(source, key->offset, "a key must be a scalar, not %s",
				twp_event_kind(key));
		return NULL;
	}
	while (field->name && !twp_event_is(key, field->name))
		field++;
	if (!field->name) {
		unknown_fail(source, mapping);
		return NULL;
	}
	if (!field->read) {
		twp_source_fail(source, key->offset, "field \"%s\"%s%s%s is not supported",
				field->name, field->note ? " (" : "", field->note ?: "",
				field->note ? ")" : "");
		return NULL;
	}
	if (*seen & 1ul << (field - mapping->field)) {
		twp_source_fail(source, key->offset, "field \"%s\" stands twice in %s", field->name,
				mapping->what);
		return NULL;
	}
	*seen |= 1ul << (field - mapping->field);
	return field;
}

/* Return: 0; -1 after an error, past the value unless no more can be read. */
static int field_read(struct twp_source *source, const struct twp_mapping *mapping,
		      unsigned long *seen, void *into)
{
	unsigned int depth = twp_source_depth(source);
	const struct twp_field *field = field_find(source, mapping, seen);

	if (!field) {
		bool key_nests = source->event.type == TWP_EVENT_LIST ||
				 source->event.type == TWP_EVENT_MAPPING;

		if (!twp_source_recover(source, key_nests ? depth - 1 : depth) &&
		    !twp_source_next(source))
			twp_ignored_read(source, NULL);
		return -1;
	}
	if (twp_source_next(source))
		return -1;
	if (mapping->nulls && twp_event_is_null(&source->event))
		return 0;
	if (!field->read(source, into))
		return 0;
	twp_source_recover(source, depth);
	return -1;
}

int twp_mapping_read(struct twp_source *source, const struct twp_mapping *mapping, void *into)
{
	unsigned int depth = twp_source_depth(source);
	unsigned long seen = 0;
	int result = 0;

	if (source->event.type != TWP_EVENT_MAPPING)
		return twp_grammar_fail(source, mapping->what, "a mapping");
	for (;;) {
		if (twp_source_next(source))
			return -1;
		if (source->event.type == TWP_EVENT_MAPPING_END && twp_source_depth(source) < depth)
			return result;
		if (field_read(source, mapping, &seen, into)) {
			result = -1;
			if (twp_source_recover(source, depth))
				return -1;
		}
	}
}
