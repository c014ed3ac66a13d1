/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generated documents in files, as twinctl reads them, and how they change from
 * one case to the next. Out of memory ends the program.
 */
#ifndef TWP_TESTS_GENERATED_H
#define TWP_TESTS_GENERATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum generated_kind { GENERATED_NAMESPACES, GENERATED_HOST, GENERATED_ENDPOINT, GENERATED_POLICY };

struct generated_file {
	enum generated_kind kind;
	unsigned int number; /* of the endpoint or the policy; of its rules, too */
	char *text;
};

struct generated {
	struct generated_file *file;
	size_t files;
	bool default_deny;
	unsigned int policies; /* that were ever made */
};

/* A first state. */
void generated_make(struct generated *g);
/* One thing is added, changed or removed. */
void generated_change(struct generated *g);
/* @text is copied. */
void generated_add(struct generated *g, enum generated_kind kind, unsigned int number,
		   const char *text);
void generated_remove(struct generated *g, size_t file);
/* All files as one, for twinctl. */
void generated_print(const struct generated *g, FILE *stream);
void generated_clean(struct generated *g);

#endif
