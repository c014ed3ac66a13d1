// SPDX-License-Identifier: GPL-2.0-only
/* Times of phases, one array of samples each. */
#include "phases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "twinpathd/classes.h"
#include "twinpathd/daemon.h"

enum { SAMPLES = 128 };

enum phase {
	EDIT,
	COMPILE,
	STORE,
	DIFF,
	REST,
	IN_FORCE, /* from the request to the module's commit */
	DISK,
	TAKE_OVER,
	WHOLE,
	PHASES,
};

static const char *const names[PHASES] = {
	[EDIT] = "edit of the state",
	[COMPILE] = "compile",
	[STORE] = "rows for the store",
	[DIFF] = "difference of the images",
	[REST] = "what else comes before the commit",
	[IN_FORCE] = "until it is in force, without the backends",
	[DISK] = "store, on the disk",
	[TAKE_OVER] = "state taken over",
	[WHOLE] = "request to response",
};

/* On a busy machine the worst by the real clock says who else ran; so the thread's own is there, too. */
enum { REAL, OWN, CLOCKS };

struct moment {
	double at[CLOCKS]; /* us */
};

static double sample[CLOCKS][PHASES][SAMPLES];
static size_t samples;
static struct moment begun;

static struct moment now(void)
{
	static const clockid_t clocks[CLOCKS] = { CLOCK_MONOTONIC, CLOCK_THREAD_CPUTIME_ID };
	struct moment moment;
	struct timespec at;

	for (int c = 0; c < CLOCKS; c++) {
		clock_gettime(clocks[c], &at);
		moment.at[c] = (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
	}
	return moment;
}

static void add(enum phase phase, struct moment since)
{
	struct moment is = now();

	for (int c = 0; c < CLOCKS && samples < SAMPLES; c++)
		sample[c][phase][samples] += is.at[c] - since.at[c];
}

void phases_reset(void)
{
	samples = 0;
	memset(sample, 0, sizeof(sample));
}

void phases_begin(void)
{
	begun = now();
}

void phases_end(void)
{
	add(WHOLE, begun);
	if (samples == SAMPLES)
		return;
	for (int c = 0; c < CLOCKS; c++) {
		double *rest = &sample[c][REST][samples];

		*rest = sample[c][IN_FORCE][samples];
		for (int p = 0; p < REST; p++)
			*rest -= sample[c][p][samples];
	}
	samples++;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void phases_print(const char *whole)
{
	for (int p = 0; p < PHASES; p++) {
		if (whole && p != WHOLE)
			continue;
		for (int c = 0; c < CLOCKS; c++)
			qsort(sample[c][p], samples, sizeof(sample[c][p][0]), compare);
		printf("    %-44s %8.0f us, worst %8.0f us; own time %8.0f us, worst %8.0f us\n",
		       whole ? whole : names[p], sample[REAL][p][samples / 2],
		       sample[REAL][p][samples - 1], sample[OWN][p][samples / 2],
		       sample[OWN][p][samples - 1]);
	}
	fflush(stdout);
}

/* @name, timed as @phase. */
#define WRAP(phase, type, name, parameters, arguments) \
	type __real_##name parameters;                 \
	type __wrap_##name parameters;                 \
	type __wrap_##name parameters                  \
	{                                              \
		struct moment start = now();           \
		type result = __real_##name arguments; \
                                                       \
		add(phase, start);                     \
		return result;                         \
	}

#define WRAP_VOID(phase, name, parameters, arguments) \
	void __real_##name parameters;                \
	void __wrap_##name parameters;                \
	void __wrap_##name parameters                 \
	{                                             \
		struct moment start = now();          \
                                                      \
		__real_##name arguments;              \
		add(phase, start);                    \
	}

WRAP(EDIT, int, twp_edit_endpoints,
     (struct twp_edit * edit, struct twp_endpoint *fresh, size_t count, char *const *names_,
      size_t deletes, struct twp_error *error),
     (edit, fresh, count, names_, deletes, error))
WRAP(EDIT, int, twp_edit_policies,
     (struct twp_edit * edit, struct twp_policy *fresh, size_t count, char *const *names_,
      size_t deletes, struct twp_error *error),
     (edit, fresh, count, names_, deletes, error))
WRAP(COMPILE, struct twp_compiled *, twp_compile_next,
     (struct twp_compiled * before, const struct twp_compile_input *input,
      const struct twp_compile_change *change, const struct twp_sizes *sizes,
      struct twp_error *error),
     (before, input, change, sizes, error))
WRAP(COMPILE, int, twp_image_copy, (struct twp_image * to, const struct twp_image *from),
     (to, from))
WRAP(STORE, int, twp_edit_write,
     (const struct twp_edit *edit, struct twp_store *store, struct twp_error *error),
     (edit, store, error))
WRAP(STORE, int, twp_classes_write,
     (const struct twp_state *state, struct twp_identity_log *next, struct twp_store *store,
      struct twp_error *error),
     (state, next, store, error))
WRAP(STORE, int, twp_store_put_settings,
     (struct twp_store * store, const struct twp_settings *settings, struct twp_error *error),
     (store, settings, error))
WRAP(DIFF, int, twp_diff_make,
     (struct twp_diff * diff, const struct twp_image *before, const struct twp_image *after),
     (diff, before, after))
WRAP(DISK, int, twp_store_commit, (struct twp_store * store, struct twp_error *error),
     (store, error))
WRAP_VOID(TAKE_OVER, twp_classes_commit, (struct twp_state * state, struct twp_identity_log *next),
	  (state, next))
WRAP_VOID(TAKE_OVER, twp_edit_commit, (struct twp_edit * edit), (edit))

Twinpath__V1__ModuleStatus *
__real_twp_module_commit(struct twp_module *module,
			 const Twinpath__V1__CommitGenerationRequest *request,
			 struct twp_error *error);
Twinpath__V1__ModuleStatus *
__wrap_twp_module_commit(struct twp_module *module,
			 const Twinpath__V1__CommitGenerationRequest *request,
			 struct twp_error *error);
Twinpath__V1__ModuleStatus *
__wrap_twp_module_commit(struct twp_module *module,
			 const Twinpath__V1__CommitGenerationRequest *request,
			 struct twp_error *error)
{
	add(IN_FORCE, begun);
	return __real_twp_module_commit(module, request, error);
}
