/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of a scenario: the same as flags and in a file. */
#ifndef TWP_TWINEVAL_SCENARIO_WORD_H
#define TWP_TWINEVAL_SCENARIO_WORD_H

#include <stddef.h>
#include <stdint.h>

#include "scenario.h"

struct scenario_word {
	const char *name;
	const char *argument; /* of the flag; NULL: it has none, and stands for "true" */
	const char *description; /* for help */
	size_t offset; /* in struct scenario */
	bool list; /* takes several values */
	/* Takes one value. Return: 0, or -1 with a sentence that names no place. */
	int (*take)(const struct scenario_word *word, struct scenario *scenario, const char *text,
		    struct twp_error *error);
	const char *real, *virtual; /* if it is not given, by clock; may be NULL */
	/* Of a name: that number @index of its table, NULL behind the last. */
	const char *(*name_at)(size_t index);
	/* Of a number: */
	uint64_t min, max;
	unsigned int kilo; /* what k stands for */
};

#define SCENARIO_WORDS 15

extern const struct scenario_word scenario_words[SCENARIO_WORDS];

/* NULL if there is none. @name need not end behind @length. */
const struct scenario_word *scenario_word_find(const char *name, size_t length);

/* Forgets what a list holds. */
void scenario_word_clear(const struct scenario_word *word, struct scenario *scenario);

/* What holds if nobody says. Return: 0, or -1 with a sentence. */
int scenario_word_default(const struct scenario_word *word, struct scenario *scenario,
			  struct twp_error *error);

#endif
