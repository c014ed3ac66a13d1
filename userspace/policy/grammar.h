/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a document may say, as tables: a function for each field, a table for
 * each mapping. The depth of calls is that of the tables, since what is in
 * none is refused where it begins.
 */
#ifndef TWP_POLICY_GRAMMAR_H
#define TWP_POLICY_GRAMMAR_H

#include "source.h"

/* Reads the value at hand, up to its last event, into what @into points to. */
typedef int twp_grammar_reader(struct twp_source *source, void *into);

struct twp_field {
	const char *name;
	twp_grammar_reader *read; /* NULL: Cilium has the field, and twinpath does not yet */
	const char *note; /* on why not */
};

struct twp_mapping {
	const char *what; /* "an ingress rule" */
	const struct twp_field *field; /* up to one without a name; at most 64 */
	bool nulls; /* a field that is null is absent, as in Kubernetes */
};

/* The reader of a field that is known and says nothing to twinpath. */
twp_grammar_reader twp_ignored_read;

/* A scalar that is no value: nothing, null, ~. */
bool twp_event_is_null(const struct twp_event *event);
/* A scalar that YAML and JSON take for a number, true or false. */
bool twp_event_is_typed(const struct twp_event *event);
/* Reads true or false, as YAML and JSON have them; "true" in quotes is a text. */
int twp_bool_read(const struct twp_source *source, const char *what, bool *value);
/* Copies the scalar at hand, @what, in place of *@text. Refuses NUL and more than @most bytes. */
int twp_text_read(struct twp_source *source, const char *what, size_t most, char **text);

/* Text of the document, for a message: cut, and between quotes. */
struct twp_quote {
	char text[80];
};

struct twp_quote twp_quote_event(const struct twp_event *event);

/* Is the scalar @text? */
bool twp_event_is(const struct twp_event *event, const char *text);

/* "@what must be @wanted, not a list". Return: -1. */
int twp_grammar_fail(const struct twp_source *source, const char *what, const char *wanted);

/* Reads a list, named @what in messages, each item with @read. */
int twp_list_read(struct twp_source *source, const char *what, twp_grammar_reader *read,
		  void *into);

/* Reads a mapping, each field into @into. */
int twp_mapping_read(struct twp_source *source, const struct twp_mapping *mapping, void *into);

/* "a list", "a mapping", "a scalar", "empty" */
const char *twp_event_kind(const struct twp_event *event);

#endif
