// SPDX-License-Identifier: GPL-2.0-only
/* Events from YAML, of which JSON is a part, by libyaml: one at a time, no tree. */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "document.h"
#include "source.h"
#include "utf8.h"

struct twp_yaml {
	const struct twp_source *source;
	yaml_parser_t parser;
	yaml_event_t event; /* whose text the caller looks at */
	size_t place; /* bytes; and the same in characters: */
	size_t index;
	unsigned int depth; /* of what has begun and not ended */
	bool values; /* JSON values follow each other, each with a parser of its own */
	size_t end; /* of what the parser has */
};

/* A parser of the text from @yaml->place to @yaml->end. */
static int parser_start(struct twp_yaml *yaml)
{
	if (!yaml_parser_initialize(&yaml->parser))
		return -1;
	yaml_parser_set_encoding(&yaml->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&yaml->parser,
				     (const unsigned char *)yaml->source->text + yaml->place,
				     yaml->end - yaml->place);
	yaml->index = 0;
	return 0;
}

struct twp_yaml *twp_yaml_open(const struct twp_source *source)
{
	struct twp_yaml *yaml = calloc(1, sizeof(*yaml));

	if (yaml) {
		yaml->source = source;
		yaml->end = source->length;
	}
	if (!yaml || parser_start(yaml)) {
		free(yaml);
		twp_error_set(source->error, "out of memory");
		return NULL;
	}
	return yaml;
}

void twp_yaml_close(struct twp_yaml *yaml)
{
	if (!yaml)
		return;
	yaml_event_delete(&yaml->event);
	yaml_parser_delete(&yaml->parser);
	free(yaml);
}

unsigned int twp_yaml_depth(const struct twp_yaml *yaml)
{
	return yaml->depth;
}

/* A mark counts characters. From the last one it is never far. */
static size_t place_of(struct twp_yaml *yaml, const yaml_mark_t *mark)
{
	const char *text = yaml->source->text;
	const size_t length = yaml->source->length;

	while (yaml->index < mark->index && yaml->place < length) {
		yaml->place += twp_utf8_length(text + yaml->place, length - yaml->place, NULL);
		yaml->index++;
	}
	while (yaml->index > mark->index) {
		do
			yaml->place--;
		while ((text[yaml->place] & 0xc0) == 0x80);
		yaml->index--;
	}
	return yaml->place;
}

/* Says what libyaml found. */
static int syntax_fail(struct twp_yaml *yaml)
{
	const yaml_parser_t *parser = &yaml->parser;
	size_t place;

	if (parser->error == YAML_MEMORY_ERROR)
		return twp_error_set(yaml->source->error, "%s: out of memory", yaml->source->file);
	place = parser->error == YAML_READER_ERROR ? parser->problem_offset :
						     place_of(yaml, &parser->problem_mark);
	return twp_source_fail(yaml->source, place, "%s%s%s", parser->problem,
			       parser->context ? " " : "", parser->context ?: "");
}

/* A text that one reader ends there, and another does not: "host\0x". Return: 1, or -1. */
static int scalar_check(const struct twp_yaml *yaml, size_t place)
{
	if (memchr(yaml->event.data.scalar.value, '\0', yaml->event.data.scalar.length))
		return twp_source_fail(yaml->source, place, "a text holds a NUL byte");
	return 1;
}

/* Refuses what a node may not carry. Return: 1, or -1. */
static int node_check(const struct twp_yaml *yaml, size_t place, const void *anchor,
		      const void *tag)
{
	if (anchor)
		return twp_source_fail(yaml->source, place, "an anchor is not supported");
	if (tag)
		return twp_source_fail(yaml->source, place, "a tag is not supported");
	return 1;
}

/* libyaml takes a time for each token that grows with the depth. Return: 1, or -1. */
static int nest(struct twp_yaml *yaml, size_t place)
{
	if (++yaml->depth > TWP_DOCUMENT_DEPTH)
		return twp_source_fail(yaml->source, place,
				       "the document is nested deeper than %d levels",
				       TWP_DOCUMENT_DEPTH);
	return 1;
}

static int document_begin(struct twp_yaml *yaml, size_t place)
{
	if (yaml->event.data.document_start.version_directive ||
	    yaml->event.data.document_start.tag_directives.start !=
		    yaml->event.data.document_start.tag_directives.end)
		return twp_source_fail(yaml->source, place, "a directive is not supported");
	return 0;
}

/* Return: 1 if there is an event, 0 if it says nothing, or -1. */
static int event_translate(struct twp_yaml *yaml, struct twp_event *to)
{
	const yaml_event_t *from = &yaml->event;
	const size_t place = place_of(yaml, &from->start_mark);

	/* Neither text nor anything else: what an event is unless it says more. */
	*to = (struct twp_event){ .text = "", .plain = true, .offset = place };
	switch (from->type) {
	case YAML_STREAM_END_EVENT:
		to->type = TWP_EVENT_END;
		return 1;
	case YAML_DOCUMENT_START_EVENT:
		return document_begin(yaml, place);
	case YAML_ALIAS_EVENT:
		return twp_source_fail(yaml->source, place, "an alias is not supported");
	case YAML_SCALAR_EVENT:
		to->type = TWP_EVENT_SCALAR;
		to->text = (const char *)from->data.scalar.value;
		to->length = from->data.scalar.length;
		to->plain = from->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		if (scalar_check(yaml, place) < 0)
			return -1;
		return node_check(yaml, place, from->data.scalar.anchor, from->data.scalar.tag);
	case YAML_SEQUENCE_START_EVENT:
		to->type = TWP_EVENT_LIST;
		if (node_check(yaml, place, from->data.sequence_start.anchor,
			       from->data.sequence_start.tag) < 0)
			return -1;
		return nest(yaml, place);
	case YAML_SEQUENCE_END_EVENT:
		to->type = TWP_EVENT_LIST_END;
		yaml->depth--;
		return 1;
	case YAML_MAPPING_START_EVENT:
		to->type = TWP_EVENT_MAPPING;
		if (node_check(yaml, place, from->data.mapping_start.anchor,
			       from->data.mapping_start.tag) < 0)
			return -1;
		return nest(yaml, place);
	case YAML_MAPPING_END_EVENT:
		to->type = TWP_EVENT_MAPPING_END;
		yaml->depth--;
		return 1;
	default:
		return 0;
	}
}

/* Where the JSON object or list ends that begins at @from; the end of the text if it does not. */
static size_t value_end(const struct twp_source *source, size_t from)
{
	bool quoted = false;
	size_t depth = 0;

	for (size_t at = from; at < source->length; at++) {
		char c = source->text[at];

		if (c == '"')
			quoted = !quoted;
		else if (quoted)
			at += c == '\\';
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && !--depth)
			return at + 1;
	}
	return source->length;
}

/* Goes on behind a value. Return: 1 if another begins there, 0 at the end of all, or -1. */
static int value_next(struct twp_yaml *yaml, size_t from)
{
	const struct twp_source *source = yaml->source;

	while (from < source->length && strchr(" \t\r\n", source->text[from]))
		from++;
	if (from == source->length)
		return 0;
	yaml_parser_delete(&yaml->parser);
	yaml->values = source->text[from] == '{' || source->text[from] == '[';
	yaml->place = from;
	yaml->end = yaml->values ? value_end(source, from) : source->length;
	return parser_start(yaml) ? twp_error_set(source->error, "out of memory") : 1;
}

/*
 * YAML wants "---" between documents; JSON has values behind each other. The
 * rest of the text is then cut, or libyaml would read ahead anew for each.
 */
static int parse(struct twp_yaml *yaml)
{
	for (;;) {
		const yaml_parser_t *parser = &yaml->parser;
		size_t place;

		yaml_event_delete(&yaml->event);
		if (!yaml_parser_parse(&yaml->parser, &yaml->event)) {
			if (parser->error != YAML_PARSER_ERROR || yaml->depth ||
			    strcmp(parser->problem, "did not find expected <document start>"))
				return syntax_fail(yaml);
			place = place_of(yaml, &parser->problem_mark);
			if (place == yaml->source->length ||
			    !strchr("{[", yaml->source->text[place]))
				return syntax_fail(yaml);
		} else if (yaml->event.type == YAML_STREAM_END_EVENT && yaml->values) {
			place = yaml->end;
		} else {
			return 0;
		}
		switch (value_next(yaml, place)) {
		case 0:
			return 0;
		case -1:
			return -1;
		}
	}
}

int twp_yaml_next(struct twp_yaml *yaml, struct twp_event *event)
{
	int result;

	do {
		if (parse(yaml))
			return -1;
		result = event_translate(yaml, event);
	} while (!result);
	return result < 0 ? -1 : 0;
}
