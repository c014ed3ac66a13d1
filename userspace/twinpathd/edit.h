/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An edit: one change of the state, all of it or nothing. Begun with what was
 * asked, it hands out numbers and makes the lists as they will be; the compiler
 * and the store read those; then the edit is committed, or aborted as if it had
 * never been. One edit at a time.
 */
#ifndef TWP_TWINPATHD_EDIT_H
#define TWP_TWINPATHD_EDIT_H

#include "edit_list.h"
#include "state.h"
#include "twinpath.pb-c.h"

struct twp_edit {
	struct twp_state *state;
	struct twp_edit_list endpoint; /* struct twp_endpoint */
	struct twp_edit_list policy; /* struct twp_policy */
	struct twp_edit_list space; /* struct twp_namespace */
	struct twp_edit_list audit; /* struct twp_audit */
	bool default_deny; /* as it will be */
	char **identity; /* label texts that got a number */
	size_t identities;
	char **dead_identity; /* label texts that lose it */
	size_t dead_identities;
	struct twp_edit_rule {
		const struct twp_policy *policy;
		const struct twp_rule *rule;
	} * rule, *dead_rule; /* likewise */
	size_t rules, dead_rules;
	bool *used; /* indexed by rule number: a fresh policy has it */
	uint32_t identity_cursor; /* before */
	uint32_t rule_cursor;
	bool programmed; /* the kernel was told the numbers, perhaps in vain */
};

void twp_edit_init(struct twp_edit *edit, struct twp_state *state);

/**
 * twp_edit_endpoints() - add or replace @fresh, delete @names
 *
 * After twp_edit_namespaces(), also if no endpoint is named: they may audit some.
 *
 * @fresh: an array that the edit now owns, with what is in it, also on failure
 *
 * Return: 0; -1 and @error: then the edit can only be aborted.
 */
int twp_edit_endpoints(struct twp_edit *edit, struct twp_endpoint *fresh, size_t count,
		       char *const *names, size_t deletes, struct twp_error *error);
int twp_edit_namespaces(struct twp_edit *edit, struct twp_namespace *fresh, size_t count,
			char *const *names, size_t deletes, struct twp_error *error);
/* Audit mode of named endpoints, or of a selector. */
int twp_edit_audit(struct twp_edit *edit, char *const *names, size_t count, const char *selector,
		   bool enabled, struct twp_error *error);
int twp_edit_policies(struct twp_edit *edit, struct twp_policy *fresh, size_t count,
		      char *const *names, size_t deletes, struct twp_error *error);

/*
 * Of twp_edit_endpoints(): settles audit mode of its endpoints, and adds to them those of
 * the state that other selectors or other namespaces treat otherwise.
 */
int twp_edit_audited(struct twp_edit *edit, struct twp_error *error);

/* What the kernel's counters of the new rule numbers say now; NULL: nothing. */
int twp_edit_baseline(struct twp_edit *edit, const Twinpath__V1__Counters *counters);

/* As it will be. Valid until the edit ends. */
struct twp_compile_input twp_edit_input(const struct twp_edit *edit);

/* From what is to what will be. Likewise. */
struct twp_compile_change twp_edit_change(const struct twp_edit *edit);

/* Writes the edit's rows, in a transaction that the caller has begun. */
int twp_edit_write(const struct twp_edit *edit, struct twp_store *store, struct twp_error *error);

/* Of twp_edit_commit() and twp_edit_abort(): the numbers of rules. */
void twp_edit_rules_end(struct twp_edit *edit, bool committed);

void twp_edit_commit(struct twp_edit *edit);
void twp_edit_abort(struct twp_edit *edit);

#endif
