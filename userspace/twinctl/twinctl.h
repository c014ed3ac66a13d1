/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * twinctl: one function for each verb. A verb asks the daemon, prints the whole
 * answer or nothing, and returns the exit status.
 */
#ifndef TWP_TWINCTL_H
#define TWP_TWINCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "twinpath.pb-c.h"

enum ctl_exit {
	CTL_DONE,
	CTL_FAILED,
	CTL_USAGE,
	CTL_DISAGREE, /* the backends */
};

struct ctl_option {
	const char *name; /* without the dashes */
	const char *argument; /* as help calls it; NULL: takes none */
	const char *description;
	bool repeats;
};

struct ctl_call;

struct ctl_verb {
	const char *noun;
	const char *verb; /* NULL: the noun alone is the command */
	int (*run)(const struct ctl_call *call);
	const char *words; /* as usage shows them; NULL: none */
	size_t min_words;
	size_t max_words;
	const char *description; /* a line */
	const char *details; /* of --help; may be NULL */
	const struct ctl_option *options; /* ends with an empty one; may be NULL */
};

extern const struct ctl_verb ctl_verbs[]; /* ends with an empty one */
extern const struct ctl_option ctl_common_options[]; /* likewise */

struct ctl_given {
	const char *name;
	const char *value;
};

/* A command line, read. */
struct ctl_call {
	const char *noun; /* NULL: none was given */
	const struct ctl_verb *verb; /* NULL: none was given */
	const char *socket; /* NULL: the default */
	bool json;
	bool help;
	bool version;
	const char **word; /* behind the verb */
	size_t words;
	struct ctl_given *given;
	size_t givens;
};

/* ---- main.c */

/* Reads a command line and does what it says. Return: exit status. */
int ctl_run(int argc, char **argv);

/* ---- arguments.c */

/* Return: CTL_DONE, or CTL_USAGE after saying which word is wrong. */
int ctl_arguments_read(struct ctl_call *call, int argc, char **argv);
void ctl_arguments_clean(struct ctl_call *call);
/* The last value that was given for an option, or NULL. */
const char *ctl_option(const struct ctl_call *call, const char *name);
/* Walks the values of an option that repeats: *@next starts at 0. NULL: no more. */
const char *ctl_option_next(const struct ctl_call *call, const char *name, size_t *next);
/* Says what is wrong with the command line and which help to call. Return: CTL_USAGE. */
int ctl_usage(const struct ctl_call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Return: CTL_DONE with the value of option @name or @otherwise, or CTL_USAGE. */
int ctl_option_number(const struct ctl_call *call, const char *name, uint32_t min, uint32_t max,
		      uint32_t otherwise, uint32_t *number);
/* The word of an enum, "nft"; value 0 stands for none. Return: CTL_DONE or CTL_USAGE. */
int ctl_enum_read(const struct ctl_call *call, const char *what,
		  const ProtobufCEnumDescriptor *type, const char *word, int *value);

/* An address that a packet may carry, without scope or prefix. Return: 0, or -1. */
int ctl_address_read(struct twp_address *address, const char *text, struct twp_error *error);

/* ---- help.c */

void ctl_help(const struct ctl_call *call);

/* ---- client.c */

/* Says "twinctl: ..." on standard error. Return: CTL_FAILED. */
int ctl_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Sends a request. Return: a socket to receive from, or -1 after saying why. */
int ctl_open(const struct ctl_call *call, const Twinpath__V1__Request *request);
/* Return: what came, checked to be @expected; NULL after saying why. */
Twinpath__V1__Response *ctl_receive(int fd, Twinpath__V1__Response__ResultCase expected);
/* Both: one request, one answer. */
Twinpath__V1__Response *ctl_ask(const struct ctl_call *call, const Twinpath__V1__Request *request,
				Twinpath__V1__Response__ResultCase expected);
Twinpath__V1__Response *ctl_ask_status(const struct ctl_call *call);
/* Asks for a change of the tables and prints what it came to. Return: exit status. */
int ctl_apply(const struct ctl_call *call, const Twinpath__V1__Request *request);

/* ---- the verbs */

int ctl_status(const struct ctl_call *call);
int ctl_backend_show(const struct ctl_call *call);
int ctl_backend_set(const struct ctl_call *call);
int ctl_mode_show(const struct ctl_call *call);
int ctl_mode_set(const struct ctl_call *call);
int ctl_endpoint_add(const struct ctl_call *call);
int ctl_endpoint_delete(const struct ctl_call *call);
int ctl_endpoint_list(const struct ctl_call *call);
int ctl_endpoint_audit(const struct ctl_call *call);
int ctl_namespace_add(const struct ctl_call *call);
int ctl_namespace_delete(const struct ctl_call *call);
int ctl_namespace_list(const struct ctl_call *call);
int ctl_policy_apply(const struct ctl_call *call);
int ctl_policy_delete(const struct ctl_call *call);
int ctl_policy_list(const struct ctl_call *call);
int ctl_policy_get(const struct ctl_call *call);
int ctl_policy_validate(const struct ctl_call *call);
int ctl_policy_trace(const struct ctl_call *call);
int ctl_policy_matrix(const struct ctl_call *call);
int ctl_counters(const struct ctl_call *call);
int ctl_monitor(const struct ctl_call *call);
int ctl_classify(const struct ctl_call *call);
int ctl_bench(const struct ctl_call *call);
int ctl_batch(const struct ctl_call *call);

#endif
