// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers by text: an array of texts by number, and an open hash table of
 * numbers by text.
 */
#include "identity.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

struct twp_numbers {
	char *what; /* "identity", for messages */
	uint32_t first, last;
	uint32_t cursor; /* the number that is tried next */
	uint32_t highest; /* in use; 0: none */
	char **text; /* of number first + i; NULL: free */
	uint32_t *slot; /* number, 0: empty; linear probing */
	size_t slots; /* a power of two, more than half of them empty */
	size_t used;
};

static char **text_of(const struct twp_numbers *numbers, uint32_t number)
{
	return &numbers->text[number - numbers->first];
}

/* FNV-1a. */
static size_t hash(const struct twp_numbers *numbers, const char *text)
{
	uint64_t value = 0xcbf29ce484222325;

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 0x100000001b3;
	return (value ^ value >> 32) & (numbers->slots - 1);
}

/* The slot that holds @text, or the empty one where it would stand. */
static size_t slot_of(const struct twp_numbers *numbers, const char *text)
{
	size_t at = hash(numbers, text);

	while (numbers->slot[at] && strcmp(*text_of(numbers, numbers->slot[at]), text))
		at = (at + 1) & (numbers->slots - 1);
	return at;
}

struct twp_numbers *twp_numbers_alloc(const char *what, uint32_t first, uint32_t last)
{
	struct twp_numbers *numbers = calloc(1, sizeof(*numbers));

	if (!numbers)
		return NULL;
	numbers->first = numbers->cursor = first;
	numbers->last = last;
	numbers->slots = 64;
	numbers->what = strdup(what);
	numbers->slot = calloc(numbers->slots, sizeof(*numbers->slot));
	numbers->text = calloc((size_t)last - first + 1, sizeof(*numbers->text));
	if (!numbers->what || !numbers->slot || !numbers->text) {
		twp_numbers_free(numbers);
		return NULL;
	}
	return numbers;
}

void twp_numbers_free(struct twp_numbers *numbers)
{
	if (!numbers)
		return;
	if (numbers->text && numbers->highest)
		for (uint32_t n = numbers->first; n <= numbers->highest; n++)
			free(*text_of(numbers, n));
	free(numbers->text);
	free(numbers->slot);
	free(numbers->what);
	free(numbers);
}

static int slots_grow(struct twp_numbers *numbers)
{
	uint32_t *old = numbers->slot, *new = calloc(2 * numbers->slots, sizeof(*new));
	size_t olds = numbers->slots;

	if (!new)
		return -1;
	numbers->slot = new;
	numbers->slots = 2 * olds;
	for (size_t i = 0; i < olds; i++)
		if (old[i])
			new[slot_of(numbers, *text_of(numbers, old[i]))] = old[i];
	free(old);
	return 0;
}

/* Gives the free @number to @text, which has none. */
static int take(struct twp_numbers *numbers, const char *text, uint32_t number,
		struct twp_error *error)
{
	char *copy;

	if (2 * (numbers->used + 1) > numbers->slots && slots_grow(numbers))
		return twp_error_set(error, "out of memory");
	copy = strdup(text);
	if (!copy)
		return twp_error_set(error, "out of memory");
	numbers->slot[slot_of(numbers, text)] = number;
	*text_of(numbers, number) = copy;
	numbers->used++;
	if (number > numbers->highest)
		numbers->highest = number;
	return 0;
}

int twp_numbers_restore(struct twp_numbers *numbers, const char *text, uint32_t number,
			struct twp_error *error)
{
	uint32_t has = twp_numbers_find(numbers, text);

	if (number < numbers->first || number > numbers->last)
		return twp_error_set(error, "%s %u is not between %u and %u", numbers->what, number,
				     numbers->first, numbers->last);
	if (has == number)
		return 0;
	if (has)
		return twp_error_set(error, "\"%.200s\" has %s %u already, and cannot have %u",
				     text, numbers->what, has, number);
	if (*text_of(numbers, number))
		return twp_error_set(error,
				     "%s %u is that of \"%.200s\", and cannot be that of "
				     "\"%.200s\"",
				     numbers->what, number, *text_of(numbers, number), text);
	return take(numbers, text, number, error);
}

uint32_t twp_numbers_cursor(const struct twp_numbers *numbers)
{
	return numbers->cursor;
}

void twp_numbers_set_cursor(struct twp_numbers *numbers, uint32_t cursor)
{
	bool fits = cursor >= numbers->first && cursor <= numbers->last;

	numbers->cursor = fits ? cursor : numbers->first;
}

static uint32_t next(const struct twp_numbers *numbers, uint32_t number)
{
	return number == numbers->last ? numbers->first : number + 1;
}

uint32_t twp_numbers_get(struct twp_numbers *numbers, const char *text, struct twp_error *error)
{
	uint32_t number = twp_numbers_find(numbers, text);

	if (number)
		return number;
	if (numbers->used == (size_t)numbers->last - numbers->first + 1) {
		twp_error_set(error, "every %s from %u to %u is in use", numbers->what,
			      numbers->first, numbers->last);
		return 0;
	}
	for (number = numbers->cursor; *text_of(numbers, number);)
		number = next(numbers, number);
	if (take(numbers, text, number, error))
		return 0;
	numbers->cursor = next(numbers, number);
	return number;
}

uint32_t twp_numbers_find(const struct twp_numbers *numbers, const char *text)
{
	return numbers->slot[slot_of(numbers, text)];
}

void twp_numbers_put(struct twp_numbers *numbers, const char *text)
{
	size_t mask = numbers->slots - 1, hole = slot_of(numbers, text);
	uint32_t number = numbers->slot[hole];

	if (!number)
		return;
	/* Whoever stands behind the hole and would no longer be found moves into it. */
	for (size_t at = (hole + 1) & mask; numbers->slot[at]; at = (at + 1) & mask) {
		size_t home = hash(numbers, *text_of(numbers, numbers->slot[at]));

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		numbers->slot[hole] = numbers->slot[at];
		hole = at;
	}
	numbers->slot[hole] = 0;
	numbers->used--;
	/* Last, since @text may be the copy. */
	free(*text_of(numbers, number));
	*text_of(numbers, number) = NULL;
	while (numbers->highest >= numbers->first && !*text_of(numbers, numbers->highest))
		numbers->highest--;
	if (numbers->highest < numbers->first)
		numbers->highest = 0;
}

uint32_t twp_numbers_highest(const struct twp_numbers *numbers)
{
	return numbers->highest;
}

void twp_numbers_walk(const struct twp_numbers *numbers, twp_number_visit *visit, void *context)
{
	for (uint32_t n = numbers->first; n <= numbers->highest; n++)
		if (*text_of(numbers, n))
			visit(*text_of(numbers, n), n, context);
}
