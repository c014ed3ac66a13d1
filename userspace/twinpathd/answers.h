/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers: the state and the kernel's numbers as messages, with names instead
 * of numbers. What is made is freed with the free function of the message that
 * it is put in, also after a failure.
 */
#ifndef TWP_TWINPATHD_ANSWERS_H
#define TWP_TWINPATHD_ANSWERS_H

#include "daemon.h"

/* The labels of an identity; none if it is not known. Return: 0, or -1 if out of memory. */
int twp_answer_labels(const struct twp_state *state, uint32_t identity,
		      Twinpath__V1__Label ***label, size_t *count);
/* "policy web, ingress[0]"; "" for number 0. NULL if out of memory. */
char *twp_answer_rule(const struct twp_state *state, uint32_t number);

/* NULL and @error. */
Twinpath__V1__Status *twp_answer_status(struct twp_daemon *daemon, struct twp_error *error);
Twinpath__V1__EndpointList *twp_answer_endpoints(struct twp_daemon *daemon,
						 struct twp_error *error);
/* Fills in who is in audit mode. Return: 0, or -1 if out of memory. */
int twp_answer_audits(const struct twp_state *state, Twinpath__V1__Status *status);
Twinpath__V1__NamespaceList *twp_answer_namespaces(struct twp_daemon *daemon,
						   struct twp_error *error);
Twinpath__V1__PolicyList *twp_answer_policies(struct twp_daemon *daemon, struct twp_error *error);
/* With its text. */
Twinpath__V1__Policy *twp_answer_policy(struct twp_daemon *daemon, const char *name,
					struct twp_error *error);
Twinpath__V1__CounterList *twp_answer_counters(struct twp_daemon *daemon, struct twp_error *error);
/* Takes @judgement. */
Twinpath__V1__Classification *twp_answer_classification(struct twp_daemon *daemon,
							Twinpath__V1__Judgement *judgement,
							struct twp_error *error);

#endif
