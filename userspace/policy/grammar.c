// SPDX-License-Identifier: GPL-2.0-only
/* The walk over lists and mappings, and the sentences about what is wrong with them. */
#include "grammar.h"

#include <stdio.h>
#include <string.h>

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
		return event->plain && !event->length ? "empty" : "a scalar";
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

/* Reads a list, each item with @read. */
int twp_list_read(struct twp_source *source, const char *what, twp_grammar_reader *read, void *into)
{
	if (source->event.type != TWP_EVENT_LIST)
		return twp_grammar_fail(source, what, "a list");
	for (;;) {
		if (twp_source_next(source))
			return -1;
		if (source->event.type == TWP_EVENT_LIST_END)
			return 0;
		if (read(source, into))
			return -1;
	}
}

static int unknown_fail(const struct twp_source *source, const struct twp_mapping *mapping)
{
	char known[200] = "";

	for (const struct twp_field *field = mapping->field; field->name; field++) {
		size_t length = strlen(known);

		if (field->read)
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

int twp_mapping_read(struct twp_source *source, const struct twp_mapping *mapping, void *into)
{
	unsigned long seen = 0;

	if (source->event.type != TWP_EVENT_MAPPING)
		return twp_grammar_fail(source, mapping->what, "a mapping");
	for (;;) {
		const struct twp_field *field;

		if (twp_source_next(source))
			return -1;
		if (source->event.type == TWP_EVENT_MAPPING_END)
			return 0;
		field = field_find(source, mapping, &seen);
		if (!field || twp_source_next(source) || field->read(source, into))
			return -1;
	}
}
