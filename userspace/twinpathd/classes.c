// SPDX-License-Identifier: GPL-2.0-only
/* Identities that the compiler asked for: what is new, what is gone. */
#include <stdlib.h>
#include <string.h>

#include "classes.h"

enum { KINDS = 2 };

static struct twp_numbers *numbers_of(const struct twp_state *state, int kind)
{
	return kind ? state->prefixes : state->identities;
}

int twp_classes_load(struct twp_state *state, const char *text, uint32_t number,
		     struct twp_error *error)
{
	int kind = !strncmp(text, "==", 2) && number >= TWP_IDENTITY_PREFIX;

	text += kind ? 2 : 0;
	if (twp_numbers_restore(numbers_of(state, kind), text, number, error))
		return -1;
	if (twp_identity_log_add(&state->classes, kind, text, number))
		return twp_error_set(error, "no memory");
	return 0;
}

void twp_classes_index(struct twp_state *state)
{
	const struct twp_identity_log *classes = &state->classes;

	for (size_t i = 0; i < classes->count[0]; i++) {
		uint32_t number = classes->number[0][i];
		uint32_t base = twp_numbers_find(state->identities,
						 twp_identity_text_base(classes->text[0][i]));

		/* The host has a number that is not given. */
		base = base ? base : TWP_IDENTITY_HOST;
		if (number <= TWP_IDENTITY_LABELS_MAX)
			state->by_identity[number] = state->by_identity[base];
	}
}

/* Asked for events and questions, not for packets: a walk will do. */
const char *twp_classes_prefix(const struct twp_state *state, uint32_t identity)
{
	const struct twp_identity_log *classes = &state->classes;

	for (size_t i = 0; i < classes->count[1] && identity >= TWP_IDENTITY_PREFIX; i++)
		if (classes->number[1][i] == identity)
			return classes->text[1][i];
	return NULL;
}

typedef int visit(const struct twp_state *state, int kind, const char *text, uint32_t number,
		  struct twp_store *store, struct twp_error *error);

/* What is in @one and not in @other; both hold few, found by their numbers. */
static int difference(const struct twp_state *state, const struct twp_identity_log *one,
		      const struct twp_identity_log *other, visit *call, struct twp_store *store,
		      struct twp_error *error)
{
	for (int kind = 0; kind < KINDS; kind++) {
		struct twp_numbers *numbers = numbers_of(state, kind);
		uint32_t first = kind ? TWP_IDENTITY_PREFIX : 0;
		uint32_t highest = twp_numbers_highest(numbers);
		bool *there =
			calloc((size_t)(highest > first ? highest - first : 0) + 1, sizeof(*there));
		int failed = 0;

		if (!there)
			return twp_error_set(error, "no memory");
		for (size_t i = 0; i < other->count[kind]; i++)
			there[other->number[kind][i] - first] = true;
		for (size_t i = 0; i < one->count[kind] && !failed; i++)
			if (!there[one->number[kind][i] - first])
				failed = call(state, kind, one->text[kind][i], one->number[kind][i],
					      store, error);
		free(there);
		if (failed)
			return -1;
	}
	return 0;
}

static char *stored_text(int kind, const char *text)
{
	char *stored = malloc(strlen(text) + 3);

	if (stored)
		stpcpy(stpcpy(stored, kind ? "==" : ""), text);
	return stored;
}

static int row_put(const struct twp_state *state, int kind, const char *text, uint32_t number,
		   struct twp_store *store, struct twp_error *error)
{
	char *stored = stored_text(kind, text);
	int failed = stored ? twp_store_put_identity(store, stored, number, error) :
			      twp_error_set(error, "no memory");

	(void)state;
	free(stored);
	return failed;
}

static int row_delete(const struct twp_state *state, int kind, const char *text, uint32_t number,
		      struct twp_store *store, struct twp_error *error)
{
	char *stored = stored_text(kind, text);
	int failed = stored ? twp_store_delete_identity(store, stored, error) :
			      twp_error_set(error, "no memory");

	(void)state;
	(void)number;
	free(stored);
	return failed;
}

static int number_put(const struct twp_state *state, int kind, const char *text, uint32_t number,
		      struct twp_store *store, struct twp_error *error)
{
	(void)number;
	(void)store;
	(void)error;
	twp_numbers_put(numbers_of(state, kind), text);
	return 0;
}

int twp_classes_write(const struct twp_state *state, struct twp_identity_log *next,
		      struct twp_store *store, struct twp_error *error)
{
	if (difference(state, &state->classes, next, row_delete, store, error))
		return -1;
	return difference(state, next, &state->classes, row_put, store, error);
}

void twp_classes_commit(struct twp_state *state, struct twp_identity_log *next)
{
	difference(state, &state->classes, next, number_put, NULL, NULL);
	twp_identity_log_clean(&state->classes);
	state->classes = *next;
	*next = (struct twp_identity_log){ 0 };
}

void twp_classes_abort(struct twp_state *state, struct twp_identity_log *next)
{
	difference(state, next, &state->classes, number_put, NULL, NULL);
	twp_identity_log_clean(next);
}
