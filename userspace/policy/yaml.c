// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events from YAML, by libfyaml. Its scanner is fed piece by piece, and no
 * further than a stated way ahead of the last event: what it keeps until then
 * (a line of brackets, nesting) costs it up to 900 bytes a byte.
 */
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "utf8.h"

struct twp_yaml {
	const struct twp_source *source;
	struct fy_diag *diag;
	struct fy_parser *parser;
	struct fy_event *event; /* whose text the caller looks at */
	size_t fed; /* bytes */
	size_t place; /* of the last event, in the text, */
	int line, column; /* and as libfyaml counts it, from 0 */
	bool too_far;
	unsigned int documents; /* begun */
};

static ssize_t feed(void *context, void *to, size_t count)
{
	struct twp_yaml *yaml = context;
	size_t left = yaml->source->length - yaml->fed;

	if (left && yaml->fed - yaml->place > TWP_SOURCE_AHEAD_MAX) {
		/* The end is what stops the scanner; next() says why it came. */
		yaml->too_far = true;
		return 0;
	}
	if (count > 4096)
		count = 4096;
	if (count > left)
		count = left;
	memcpy(to, yaml->source->text + yaml->fed, count);
	yaml->fed += count;
	return (ssize_t)count;
}

/*
 * libfyaml takes a time that grows with the square of a directive's length. No policy needs one,
 * and nothing else in a policy begins a line with the sign.
 */
static int directives_refuse(const struct twp_source *source)
{
	const char *at = source->text, *end = at + source->length;

	while ((at = memchr(at, '%', (size_t)(end - at)))) {
		if (at == source->text || at[-1] == '\n' || at[-1] == '\r')
			return twp_source_fail(source, (size_t)(at - source->text),
					       "a directive is not supported");
		at++;
	}
	return 0;
}

struct twp_yaml *twp_yaml_open(const struct twp_source *source)
{
	struct fy_parse_cfg config = {
		.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 |
			 FYPCF_JSON_NONE | FYPCF_SLOPPY_FLOW_INDENTATION,
	};
	struct fy_diag_cfg quiet;
	struct twp_yaml *yaml;

	if (directives_refuse(source))
		return NULL;
	yaml = calloc(1, sizeof(*yaml));
	if (!yaml)
		goto no_memory;
	yaml->source = source;
	fy_diag_cfg_default(&quiet);
	quiet.fp = NULL;
	quiet.colorize = false;
	yaml->diag = config.diag = fy_diag_create(&quiet);
	if (!yaml->diag)
		goto no_memory;
	fy_diag_set_collect_errors(yaml->diag, true);
	yaml->parser = fy_parser_create(&config);
	if (!yaml->parser || fy_parser_set_input_callback(yaml->parser, yaml, feed))
		goto no_memory;
	return yaml;

no_memory:
	twp_yaml_close(yaml);
	twp_error_set(source->error, "out of memory");
	return NULL;
}

void twp_yaml_close(struct twp_yaml *yaml)
{
	if (!yaml)
		return;
	if (yaml->event)
		fy_parser_event_free(yaml->parser, yaml->event);
	if (yaml->parser)
		fy_parser_destroy(yaml->parser);
	if (yaml->diag)
		fy_diag_destroy(yaml->diag);
	free(yaml);
}

/*
 * Moves the place on to a mark. Its input_pos counts from the piece that was fed last, so lines and
 * columns are counted here, too. Each byte is passed once: marks come in order.
 */
static void place_move(struct twp_yaml *yaml, const struct fy_mark *mark)
{
	const char *text = yaml->source->text;

	if (mark->line < yaml->line || (mark->line == yaml->line && mark->column < yaml->column))
		return;
	while (yaml->place < yaml->fed &&
	       (yaml->line < mark->line || yaml->column < mark->column)) {
		size_t left = yaml->fed - yaml->place;
		size_t bytes = twp_utf8_length(text + yaml->place, left, NULL);
		bool ends =
			text[yaml->place] == '\n' ||
			(text[yaml->place] == '\r' && (left == 1 || text[yaml->place + 1] != '\n'));

		if (ends && yaml->line == mark->line)
			return;
		yaml->column = ends ? 0 : yaml->column + 1;
		yaml->line += ends;
		yaml->place += bytes ? bytes : 1;
	}
}

/* Says what libfyaml found. */
static int syntax_fail(const struct twp_yaml *yaml)
{
	const struct fy_diag_error *found;
	void *at = NULL;

	while ((found = fy_diag_errors_iterate(yaml->diag, &at)))
		if (found->type == FYET_ERROR)
			return twp_error_set(yaml->source->error, "%s:%d:%d: %s",
					     yaml->source->file, found->line, found->column,
					     found->msg);
	return twp_source_fail(yaml->source, yaml->place, "this is not YAML");
}

static int too_far_fail(const struct twp_yaml *yaml)
{
	const struct twp_source *source = yaml->source;

	/* Long lines of brackets are read as JSON; this one is none, for a reason that helps. */
	if (source->braces && !twp_json_check(source))
		return -1;
	return twp_source_fail(source, yaml->place,
			       "more than %d bytes follow before anything in them is complete",
			       TWP_SOURCE_AHEAD_MAX);
}

/* What an event may not carry. */
static int extras_refuse(const struct twp_yaml *yaml, struct fy_event *event)
{
	/* Its mark is behind the asterisk. */
	if (event->type == FYET_ALIAS)
		return twp_source_fail(yaml->source, yaml->place - 1, "an alias is not supported");
	if (fy_event_get_anchor_token(event))
		return twp_source_fail(yaml->source, yaml->place, "an anchor is not supported");
	if (fy_event_get_tag_token(event))
		return twp_source_fail(yaml->source, yaml->place, "a tag is not supported");
	return 0;
}

/* Are there two quotes in a row between single quotes? */
static bool quotes_in_a_row(const struct twp_yaml *yaml)
{
	const char *at = yaml->source->text + yaml->place;
	const char *end = yaml->source->text + yaml->fed;

	while ((at = memchr(at, '\'', (size_t)(end - at))) && end - at > 1 && at[1] == '\'') {
		if (end - at > 3 && at[2] == '\'' && at[3] == '\'')
			return true;
		at += 2;
	}
	return false;
}

/*
 * libfyaml 0.7.12 decodes some scalars wrongly, finds that its buffer is too small, and leaks what
 * it has: those of several lines, and those with quotes in a row.
 */
static int scalar_read(struct twp_yaml *yaml, struct fy_token *token, struct twp_event *event)
{
	enum fy_scalar_style style = fy_token_scalar_style(token);
	bool quoted = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;

	event->plain = style == FYSS_PLAIN;
	/* The mark is behind the quote. */
	event->offset -= quoted;
	if ((!quoted && !event->plain) ||
	    fy_token_start_mark(token)->line != fy_token_end_mark(token)->line)
		return twp_source_fail(yaml->source, event->offset,
				       "a scalar of several lines is not supported");
	if (style == FYSS_SINGLE_QUOTED && quotes_in_a_row(yaml))
		return twp_source_fail(yaml->source, event->offset,
				       "quotes in a row are not supported; use double quotes "
				       "around them");
	event->text = fy_token_get_text(token, &event->length);
	if (!event->text)
		return twp_source_fail(yaml->source, event->offset, "this scalar cannot be read");
	return 0;
}

static int event_translate(struct twp_yaml *yaml, struct fy_event *from, struct twp_event *to)
{
	static const enum twp_event_type types[] = {
		[FYET_STREAM_END] = TWP_EVENT_END,
		[FYET_MAPPING_START] = TWP_EVENT_MAPPING,
		[FYET_MAPPING_END] = TWP_EVENT_MAPPING_END,
		[FYET_SEQUENCE_START] = TWP_EVENT_LIST,
		[FYET_SEQUENCE_END] = TWP_EVENT_LIST_END,
		[FYET_SCALAR] = TWP_EVENT_SCALAR,
	};
	struct fy_token *token = fy_event_get_token(from);

	*to = (struct twp_event){ .type = types[from->type], .offset = yaml->place };
	if (from->type == FYET_SCALAR && token)
		return scalar_read(yaml, token, to);
	/* A value that is not there. */
	to->text = "";
	to->plain = true;
	return 0;
}

int twp_yaml_next(struct twp_yaml *yaml, struct twp_event *event)
{
	for (;;) {
		const struct fy_mark *mark;

		if (yaml->event)
			fy_parser_event_free(yaml->parser, yaml->event);
		yaml->event = fy_parser_parse(yaml->parser);
		if (yaml->too_far)
			return too_far_fail(yaml);
		if (!yaml->event)
			return syntax_fail(yaml);
		/* What ends has the mark of what follows it, or one behind that. */
		mark = fy_event_start_mark(yaml->event);
		if (mark && yaml->event->type != FYET_MAPPING_END &&
		    yaml->event->type != FYET_SEQUENCE_END)
			place_move(yaml, mark);
		if (yaml->event->type == FYET_NONE || yaml->event->type == FYET_STREAM_START ||
		    yaml->event->type == FYET_DOCUMENT_END)
			continue;
		yaml->documents += yaml->event->type == FYET_DOCUMENT_START;
		/* A document that begins without a sign has no mark; what it holds has one. */
		if (yaml->documents > 1 && mark)
			return twp_source_fail(yaml->source, yaml->place,
					       "a second document in one file is not supported");
		if (yaml->event->type == FYET_DOCUMENT_START)
			continue;
		if (extras_refuse(yaml, yaml->event))
			return -1;
		return event_translate(yaml, yaml->event, event);
	}
}
