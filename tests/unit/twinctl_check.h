/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of twinctl check its output with, and answers that several of them need. */
#ifndef TWP_TESTS_TWINCTL_CHECK_H
#define TWP_TESTS_TWINCTL_CHECK_H

#include <jansson.h>

#include "twinctl_run.h"

#define B(name) TWINPATH__V1__BACKEND__BACKEND_##name
#define V(name) TWINPATH__V1__VERDICT__VERDICT_##name

#define RESPONSE(kind, field, value)                                                      \
	{                                                                                 \
		PROTOBUF_C_MESSAGE_INIT(&twinpath__v1__response__descriptor), (char *)"", \
			TWINPATH__V1__RESPONSE__RESULT_##kind,                            \
		{                                                                         \
			.field = (value)                                                  \
		}                                                                         \
	}

/* Answers in turn, as run_twinctl() takes them. */
#define ANSWERS(...)                                                                 \
	(&(const struct answers){ .answer = { __VA_ARGS__ },                         \
				  .count = sizeof((const void *[]){ __VA_ARGS__ }) / \
					   sizeof(void *) })

void check_has(const char *text, const char *wanted);
json_t *check_parse(const char *text);
/* A value of the output by its path, "module.nft.bound", "table.0.name". */
json_t *check_find(json_t *root, const char *path);
void check_word(json_t *root, const char *path, const char *word);
void check_number(json_t *root, const char *path, json_int_t number);
/* Status 0 and no word of complaint. */
void check_done(const struct run *run);
/* A complaint that holds @wanted, and unless the status is 3 nothing but it. Cleans @run. */
void check_failed(struct run *run, int status, const char *wanted);

extern const Twinpath__V1__Response check_status; /* generation 12; bpf holds 11, is not bound */
extern const Twinpath__V1__Response check_applied; /* generation 13 */
extern const Twinpath__V1__Response check_refusal; /* of two lines */
extern Twinpath__V1__Label *check_labels[2]; /* app=app1, reserved:host */

#endif
