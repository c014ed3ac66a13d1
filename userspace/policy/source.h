/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A document, YAML or JSON, as a stream of events, each with its place. No tree is
 * built: time and memory are bounded by the length.
 */
#ifndef TWP_POLICY_SOURCE_H
#define TWP_POLICY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum twp_event_type {
	TWP_EVENT_END,
	TWP_EVENT_SCALAR,
	TWP_EVENT_LIST,
	TWP_EVENT_LIST_END,
	TWP_EVENT_MAPPING,
	TWP_EVENT_MAPPING_END,
};

struct twp_event {
	enum twp_event_type type;
	const char *text; /* of a scalar; not terminated; until the next event */
	size_t length;
	bool plain; /* neither quoted nor a block: a number, a word, nothing */
	size_t offset; /* in the text, where it begins */
};

struct twp_yaml;

struct twp_source {
	const char *file; /* for messages */
	const char *text;
	size_t length;
	struct twp_error *error;
	struct twp_yaml *yaml;
	struct twp_source_cursor {
		size_t offset, line, column; /* line and column from 1 on */
	} * cursor; /* of the place that was asked for last; NULL: not kept */
	struct twp_event event; /* at hand */
	struct twp_errors *errors; /* NULL: the first error ends it */
	bool broken; /* no event follows */
};

/* Checks the text as far as that is possible at once: length, UTF-8, control characters. */
int twp_source_open(struct twp_source *source, const char *file, const char *text, size_t length,
		    struct twp_error *error);
void twp_source_close(struct twp_source *source);

/**
 * twp_source_next() - read the next event into @event
 *
 * After TWP_EVENT_END follows nothing. Mappings hold key and value in turn,
 * and what begins also ends. Documents follow each other as values do. Aliases,
 * anchors, tags, directives and scalars that hold NUL are refused here.
 *
 * Return: 0, or -1.
 */
int twp_source_next(struct twp_source *source);

/* The line and the column of @offset, from 1 on. Cheap as long as offsets grow. */
void twp_source_place(const struct twp_source *source, size_t offset, unsigned int *line,
		      unsigned int *column);

/* Says "file:line:column: ...", of @offset. Return: -1. */
int twp_source_fail(const struct twp_source *source, size_t offset, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Lists and mappings that have begun and not ended, with the event at hand. */
unsigned int twp_source_depth(const struct twp_source *source);
/* Reads on to the end of the value at hand, or of what it is in, until @depth is reached. */
int twp_source_skip(struct twp_source *source, unsigned int depth);
/* The same after an error, if errors are collected. Return: 0 if reading may go on, or -1. */
int twp_source_recover(struct twp_source *source, unsigned int depth);

unsigned int twp_yaml_depth(const struct twp_yaml *yaml);
struct twp_yaml *twp_yaml_open(const struct twp_source *source);
int twp_yaml_next(struct twp_yaml *yaml, struct twp_event *event);
void twp_yaml_close(struct twp_yaml *yaml);

#endif
