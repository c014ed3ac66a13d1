// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the words of a scenario stand: in the command line, and in a file that it
 * names. The file is read first, and a flag replaces what the file said.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "policy/memory.h"
#include "policy/grammar.h"
#include "scenario.h"
#include "scenario_word.h"

/* The command line, before a value of it is looked at. */
struct flags {
	const char *file;
	const char *value[SCENARIO_WORDS]; /* NULL: not given */
	bool help;
};

/* ---- flags */

/* The value of the flag at argv[*at], there or in the next word. NULL: there is none. */
static const char *value_take(char **argv, int *at)
{
	const char *equals = strchr(argv[*at], '=');

	if (equals)
		return equals + 1;
	if (!argv[*at + 1] || !strncmp(argv[*at + 1], "--", 2))
		return NULL;
	return argv[++*at];
}

static int flag_read(struct flags *flags, char **argv, int *at, struct twp_error *error)
{
	const char *name = argv[*at] + 2;
	int length = (int)strcspn(name, "=");
	const struct scenario_word *word = scenario_word_find(name, (size_t)length);
	bool file = length == 8 && !strncmp(name, "scenario", 8);
	const char **value = file ? &flags->file :
			     word ? &flags->value[word - scenario_words] :
				    NULL;
	const char *argument = file ? "FILE" : word ? word->argument : NULL;

	if (!value)
		return twp_error_set(error, "unknown option '--%.*s'", length, name);
	if (*value)
		return twp_error_set(error, "option '--%.*s' is given twice", length, name);
	if (argument)
		*value = value_take(argv, at);
	else if (name[length])
		return twp_error_set(error, "option '--%.*s' takes no argument", length, name);
	else
		*value = "true";
	if (!*value)
		return twp_error_set(error, "option '--%.*s' wants %s", length, name, argument);
	return 0;
}

static int flags_read(struct flags *flags, int argc, char **argv, struct twp_error *error)
{
	*flags = (struct flags){ 0 };
	for (int at = 1; at < argc; at++) {
		if (!strcmp(argv[at], "--help") || !strcmp(argv[at], "-h"))
			flags->help = true;
		else if (strncmp(argv[at], "--", 2) || !argv[at][2])
			return twp_error_set(error, "unexpected word '%s'", argv[at]);
		else if (flag_read(flags, argv, &at, error))
			return -1;
	}
	return 0;
}

static int flag_take(struct scenario *scenario, const struct scenario_word *word, const char *value,
		     struct twp_error *error)
{
	TWP_AUTOFREE char *copy = strdup(value);
	char *rest = copy, *item;
	struct twp_error cause;

	if (!copy)
		return twp_error_set(error, "out of memory");
	scenario_word_clear(word, scenario);
	while ((item = word->list ? strsep(&rest, ",") : rest)) {
		if (word->take(word, scenario, item, &cause))
			return twp_error_set(error, "--%s: %s", word->name, cause.text);
		if (!word->list)
			break;
	}
	return 0;
}

/* ---- the file */

/* The scalar at hand. */
static int scalar_take(struct twp_source *source, const struct scenario_word *word,
		       struct scenario *scenario)
{
	const struct twp_event *event = &source->event;
	struct twp_error cause;
	char *text;
	int result;

	if (event->type != TWP_EVENT_SCALAR || (event->plain && !event->length))
		return twp_grammar_fail(source, word->name,
					word->list ? "a list of scalars" : "a scalar");
	text = strndup(event->text, event->length);
	if (!text)
		return twp_error_set(source->error, "out of memory");
	result = word->take(word, scenario, text, &cause);
	free(text);
	if (result)
		twp_source_fail(source, event->offset, "%s: %s", word->name, cause.text);
	return result;
}

static int value_read(struct twp_source *source, const struct scenario_word *word,
		      struct scenario *scenario)
{
	size_t items = 0;

	if (!word->list || source->event.type != TWP_EVENT_LIST)
		return scalar_take(source, word, scenario);
	for (;; items++) {
		size_t place = source->event.offset;

		if (twp_source_next(source))
			return -1;
		if (source->event.type == TWP_EVENT_LIST_END)
			return items ? 0 :
				       twp_source_fail(source, place,
						       "%s must not be empty; leave it "
						       "out for those of the grid",
						       word->name);
		if (scalar_take(source, word, scenario))
			return -1;
	}
}

static const struct scenario_word *key_read(const struct twp_source *source, unsigned long *given)
{
	const struct twp_event *key = &source->event;
	const struct scenario_word *word = NULL;

	if (key->type == TWP_EVENT_SCALAR)
		word = scenario_word_find(key->text, key->length);
	if (key->type != TWP_EVENT_SCALAR) {
		twp_grammar_fail(source, "a key", "a scalar");
	} else if (!word) {
		twp_source_fail(source, key->offset,
				"%s is no word of a scenario; twineval run --help tells them",
				twp_quote_event(key).text);
	} else if (*given & 1ul << (word - scenario_words)) {
		twp_source_fail(source, key->offset, "\"%s\" stands twice", word->name);
		word = NULL;
	} else {
		*given |= 1ul << (word - scenario_words);
	}
	return word;
}

/* Notes in @given which words there are. */
static int document_read(struct twp_source *source, struct scenario *scenario, unsigned long *given)
{
	if (twp_source_next(source))
		return -1;
	if (source->event.type != TWP_EVENT_MAPPING)
		return twp_grammar_fail(source, "a scenario", "a mapping");
	for (;;) {
		const struct scenario_word *word;

		if (twp_source_next(source))
			return -1;
		/* What follows the mapping is looked at, too. */
		if (source->event.type == TWP_EVENT_MAPPING_END)
			return twp_source_next(source);
		word = key_read(source, given);
		if (!word || twp_source_next(source) || value_read(source, word, scenario))
			return -1;
	}
}

/* Up to its end, or to a NUL, which is in no text and refused by who reads it. */
static char *text_read(const char *path, size_t *length, struct twp_error *error)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	ssize_t got;

	if (!file) {
		twp_error_set(error, "%s: %s", path, strerror(errno));
		return NULL;
	}
	got = getdelim(&text, &room, '\0', file);
	if (got < 0) {
		twp_error_set(error, "%s: %s", path,
			      feof(file) ? "the file is empty" : strerror(errno));
		free(text);
		text = NULL;
	}
	fclose(file);
	*length = (size_t)got;
	return text;
}

static int file_read(struct scenario *scenario, const char *path, unsigned long *given,
		     struct twp_error *error)
{
	size_t length = 0;
	TWP_AUTOFREE char *text = text_read(path, &length, error);
	TWP_CLEANUP(twp_source_close) struct twp_source source = { 0 };

	if (!text || twp_source_open(&source, path, text, length, error))
		return -1;
	return document_read(&source, scenario, given);
}

/* ---- both */

static int flags_take(struct scenario *scenario, const struct flags *flags, struct twp_error *error)
{
	unsigned long given = 0;

	if (flags->file && file_read(scenario, flags->file, &given, error))
		return -1;
	for (size_t i = 0; i < SCENARIO_WORDS; i++) {
		if (!flags->value[i])
			continue;
		given |= 1ul << i;
		if (flag_take(scenario, &scenario_words[i], flags->value[i], error))
			return -1;
	}
	/* Behind all that is given, since clock and grid decide on the others. */
	for (size_t i = 0; i < SCENARIO_WORDS; i++)
		if (!(given & 1ul << i) &&
		    scenario_word_default(&scenario_words[i], scenario, error))
			return -1;
	return 0;
}

int scenario_read(struct scenario *scenario, int argc, char **argv, struct twp_error *error)
{
	struct flags flags;

	*scenario = (struct scenario){ 0 };
	if (flags_read(&flags, argc, argv, error))
		return -1;
	if (flags.help)
		return 1;
	if (!flags_take(scenario, &flags, error))
		return 0;
	scenario_clean(scenario);
	return -1;
}

void scenario_clean(struct scenario *scenario)
{
	for (size_t i = 0; i < SCENARIO_WORDS; i++)
		scenario_word_clear(&scenario_words[i], scenario);
	free(scenario->folder);
	*scenario = (struct scenario){ 0 };
}

static void option_help(FILE *out, const char *name, const char *argument, const char *description)
{
	int length = fprintf(out, "  --%s%s%s", name, argument ? " " : "", argument ?: "");

	fprintf(out, "%*s%s", length < 28 ? 28 - length : 1, "", description);
}

void scenario_help(FILE *out)
{
	fputs("usage: twineval run [OPTION]...\n\n", out);
	option_help(out, "scenario", "FILE", "YAML with the words below; options win over it\n");
	for (size_t i = 0; i < SCENARIO_WORDS; i++) {
		const struct scenario_word *word = &scenario_words[i];

		option_help(out, word->name, word->argument, word->description);
		if (word->real && strcmp(word->real, word->virtual))
			fprintf(out, " (%s; virtual: %s)", word->real, word->virtual);
		else if (word->real)
			fprintf(out, " (%s)", word->real);
		fputc('\n', out);
	}
	fputs("\nk, M and G may stand behind a number.\n", out);
}
