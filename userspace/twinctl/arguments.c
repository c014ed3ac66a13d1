// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the command line by the table of main.c. Options may stand anywhere;
 * those of one verb may stand before it, so whether an option takes an argument
 * is the same for every verb that knows it. No abbreviations: a script that
 * works today works with the next option too.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

static const struct ctl_option *find_in(const struct ctl_option *options, const char *name,
					size_t length)
{
	for (; options && options->name; options++)
		if (strlen(options->name) == length && !memcmp(options->name, name, length))
			return options;
	return NULL;
}

static const struct ctl_option *find_anywhere(const char *name, size_t length)
{
	const struct ctl_option *option = find_in(ctl_common_options, name, length);

	for (const struct ctl_verb *verb = ctl_verbs; verb->noun && !option; verb++)
		option = find_in(verb->options, name, length);
	return option;
}

int ctl_usage(const struct ctl_call *call, const char *format, ...)
{
	const char *verb = call->verb && call->verb->verb ? call->verb->verb : NULL;
	va_list list;

	fputs("twinctl: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fprintf(stderr, "; see 'twinctl%s%s%s%s --help'\n", call->noun ? " " : "",
		call->noun ? call->noun : "", verb ? " " : "", verb ? verb : "");
	return CTL_USAGE;
}

static int take_common(struct ctl_call *call, const char *name, const char *value)
{
	if (!strcmp(name, "json")) {
		call->json = true;
	} else if (!strcmp(name, "help")) {
		call->help = true;
	} else if (!strcmp(name, "version")) {
		call->version = true;
	} else if (call->socket) {
		return ctl_usage(call, "option '--socket' is given twice");
	} else {
		call->socket = value;
	}
	return CTL_DONE;
}

/* Takes the option at argv[*at], and its argument from there or from the next word. */
static int take_option(struct ctl_call *call, char **argv, int *at)
{
	static const char *const shorts[][2] = { { "-j", "json" },
						 { "-h", "help" },
						 { "-V", "version" } };
	const char *text = argv[*at], *name = text + 2, *value = NULL;

	for (size_t i = 0; i < sizeof(shorts) / sizeof(*shorts); i++)
		if (!strcmp(text, shorts[i][0]))
			return take_common(call, shorts[i][1], NULL);

	/* The one short option with an argument. */
	if (!strcmp(text, "-f"))
		name = "file";
	size_t length = strcmp(text, "-f") && strncmp(text, "--", 2) ? 0 : strcspn(name, "=");
	const struct ctl_option *option = find_anywhere(name, length);
	if (!option)
		return ctl_usage(call, "unknown option '%.*s'", length ? (int)length + 2 : 64,
				 text);
	if (name[length] == '=')
		value = name + length + 1;
	if (value && !option->argument)
		return ctl_usage(call, "option '--%s' takes no argument", option->name);
	if (!value && option->argument) {
		value = argv[*at + 1];
		if (!value || !strncmp(value, "--", 2))
			return ctl_usage(call, "option '--%s' wants %s", option->name,
					 option->argument);
		++*at;
	}
	if (find_in(ctl_common_options, name, length))
		return take_common(call, option->name, value);
	call->given[call->givens++] = (struct ctl_given){ option->name, value };
	return CTL_DONE;
}

static int take_noun(struct ctl_call *call, const char *word)
{
	for (const struct ctl_verb *verb = ctl_verbs; verb->noun; verb++) {
		if (strcmp(verb->noun, word))
			continue;
		call->noun = verb->noun;
		if (!verb->verb)
			call->verb = verb;
		return CTL_DONE;
	}
	return ctl_usage(call, "unknown command '%s'", word);
}

static int take_verb(struct ctl_call *call, const char *word)
{
	for (const struct ctl_verb *verb = ctl_verbs; verb->noun; verb++) {
		if (strcmp(verb->noun, call->noun) || strcmp(verb->verb, word))
			continue;
		call->verb = verb;
		return CTL_DONE;
	}
	return ctl_usage(call, "unknown command '%s %s'", call->noun, word);
}

static int take_word(struct ctl_call *call, const char *word)
{
	if (!call->noun)
		return take_noun(call, word);
	if (!call->verb)
		return take_verb(call, word);
	call->word[call->words++] = word;
	return CTL_DONE;
}

/* What can be said only once the verb is known. */
static int check(const struct ctl_call *call)
{
	const struct ctl_verb *verb = call->verb;

	if (call->help || call->version)
		return CTL_DONE;
	if (!call->noun)
		return ctl_usage(call, "a command is missing");
	if (!verb)
		return ctl_usage(call, "'%s' wants a verb", call->noun);
	for (size_t i = 0; i < call->givens; i++) {
		const char *name = call->given[i].name;
		const struct ctl_option *option = find_in(verb->options, name, strlen(name));

		if (!option)
			return ctl_usage(call, "option '--%s' is none of '%s%s%s'", name,
					 verb->noun, verb->verb ? " " : "",
					 verb->verb ? verb->verb : "");
		for (size_t j = 0; j < i && !option->repeats; j++)
			if (!strcmp(call->given[j].name, name))
				return ctl_usage(call, "option '--%s' is given twice", name);
	}
	if (call->words > verb->max_words)
		return ctl_usage(call, "unexpected word '%s'", call->word[verb->max_words]);
	if (call->words < verb->min_words)
		return ctl_usage(call, "%s is missing", verb->words);
	return CTL_DONE;
}

int ctl_arguments_read(struct ctl_call *call, int argc, char **argv)
{
	bool options_end = false;
	int result = CTL_DONE;

	*call = (struct ctl_call){ 0 };
	call->word = ctl_alloc(NULL, (size_t)argc + 1, sizeof(*call->word));
	call->given = ctl_alloc(NULL, (size_t)argc + 1, sizeof(*call->given));
	for (int at = 1; at < argc && result == CTL_DONE; at++) {
		if (options_end || argv[at][0] != '-' || !argv[at][1])
			result = take_word(call, argv[at]);
		else if (!strcmp(argv[at], "--"))
			options_end = true;
		else
			result = take_option(call, argv, &at);
	}
	return result == CTL_DONE ? check(call) : result;
}

void ctl_arguments_clean(struct ctl_call *call)
{
	free(call->word);
	free(call->given);
}

const char *ctl_option_next(const struct ctl_call *call, const char *name, size_t *next)
{
	while (*next < call->givens) {
		const struct ctl_given *given = &call->given[(*next)++];

		if (!strcmp(given->name, name))
			return given->value;
	}
	return NULL;
}

const char *ctl_option(const struct ctl_call *call, const char *name)
{
	size_t next = 0;

	return ctl_option_next(call, name, &next);
}

int ctl_option_number(const struct ctl_call *call, const char *name, uint32_t min, uint32_t max,
		      uint32_t otherwise, uint32_t *number)
{
	const char *text = ctl_option(call, name);
	char *end;

	*number = otherwise;
	if (!text)
		return CTL_DONE;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < min || value > max)
		return ctl_usage(call, "option '--%s': '%s' is not a number from %u to %u", name,
				 text, min, max);
	*number = (uint32_t)value;
	return CTL_DONE;
}

int ctl_enum_read(const struct ctl_call *call, const char *what,
		  const ProtobufCEnumDescriptor *type, const char *word, int *value)
{
	char choices[128] = "";
	ctl_text text;

	for (unsigned int i = 0; i < type->n_values; i++) {
		const char *name = ctl_word(text, type, type->values[i].value);
		size_t have = strlen(choices);

		if (!type->values[i].value)
			continue;
		if (!strcmp(word, name)) {
			*value = type->values[i].value;
			return CTL_DONE;
		}
		snprintf(choices + have, sizeof(choices) - have, "%s%s", have ? ", " : "", name);
	}
	return ctl_usage(call, "%s: '%s' is none of %s", what, word, choices);
}

int ctl_address_read(struct twp_address *address, const char *text, struct twp_error *error)
{
	if (strchr(text, '%'))
		return twp_error_set(error, "'%s': an address is given without its scope", text);
	if (strchr(text, '/'))
		return twp_error_set(error, "'%s' is a prefix, not an address", text);
	if (twp_address_parse(address, text))
		return twp_error_set(error, "'%s' is no IPv4 or IPv6 address", text);
	return 0;
}
