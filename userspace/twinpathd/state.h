/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state: the endpoints and policies that were asked for, with their
 * numbers. What the store holds, in memory; changed only by an edit (edit.h).
 */
#ifndef TWP_TWINPATHD_STATE_H
#define TWP_TWINPATHD_STATE_H

#include "addresses.h"
#include "audit.h"
#include "policy/compile.h"
#include "policy/identity.h"
#include "store.h"

#define TWP_NOBODY UINT32_MAX

/* What the kernel's counter of a rule number said when the rule got the number. */
struct twp_baseline {
	uint64_t packets;
	uint64_t bytes;
};

/* Where a rule number belongs. */
struct twp_rule_place {
	uint32_t policy; /* index in the state; UINT32_MAX: no rule has the number */
	const struct twp_rule *rule;
};

/* Made from the lists when it is first asked after a change. */
struct twp_state_index {
	bool stale;
	uint32_t by_identity[TWP_IDENTITY_LABELS_MAX + 1]; /* an endpoint, TWP_NOBODY: none */
	struct twp_rule_place *by_rule; /* by rule number */
};

struct twp_state {
	struct twp_endpoint *endpoint; /* by name */
	size_t endpoints;
	struct twp_policy *policy; /* by name */
	size_t policies;
	struct twp_namespace *namespace; /* by name */
	size_t namespaces;
	struct twp_audit *audit; /* by name */
	size_t audits;
	bool default_deny;
	struct twp_numbers *identities; /* by twp_endpoint_identity_text(), and of classes.h */
	struct twp_numbers *prefixes; /* by twp_prefix_text() */
	struct twp_identity_log classes; /* of the image in force */
	struct twp_numbers *rules; /* by twp_rule_key_text() */

	uint32_t *holders; /* by identity: its endpoints */
	uint32_t identity_count; /* that have some */
	struct twp_baseline *baseline; /* by rule number */
	uint32_t rule_kept; /* highest number of a rule that is not understood any more */
	uint32_t rule_room; /* numbers that it and the index have room for */
	struct twp_state_index *index;
	struct twp_addresses addresses; /* made when it is asked for */
};

#define TWP_STATE_PREFIXES (1u << 20) /* twice what both tables can hold, and more */

int twp_state_init(struct twp_state *state, struct twp_error *error);
void twp_state_clean(struct twp_state *state);

/*
 * Fills an initialised state. A document that cannot be read any more, since an older
 * twinpathd took what this one refuses, is kept with its fault.
 */
int twp_state_load(struct twp_state *state, struct twp_store *store,
		   const struct twp_settings *settings, struct twp_error *error);

/* @by: 1 if they come, -1 if they go. */
void twp_state_hold(struct twp_state *state, const struct twp_endpoint *endpoint, size_t count,
		    int by);

/* Room for what is kept by rule number, up to @number. */
int twp_state_reserve(struct twp_state *state, uint32_t number);

const struct twp_endpoint *twp_state_endpoint(const struct twp_state *state, const char *name);
const struct twp_policy *twp_state_policy(const struct twp_state *state, const char *name);
/* The first that is not understood, or NULL. */
const struct twp_policy *twp_policies_fault(const struct twp_policy *policy, size_t policies);
/* An endpoint of this identity, or NULL. */
const struct twp_endpoint *twp_state_identity(const struct twp_state *state, uint32_t identity);
/* The rule of this number, or NULL. */
const struct twp_rule *twp_state_rule(const struct twp_state *state, uint32_t number,
				      const struct twp_policy **policy);

/*
 * Takes from a counter of the kernel what the number had counted before it was given to its rule.
 * A counter that says less than that began anew, with the module.
 */
void twp_state_count(const struct twp_state *state, uint32_t number, uint64_t *packets,
		     uint64_t *bytes);

/* The counters of the kernel began anew: there is nothing to take from them. */
int twp_state_forget_baselines(struct twp_state *state, struct twp_store *store,
			       struct twp_error *error);

struct twp_audit_scope twp_state_audits(const struct twp_state *state);
struct twp_compile_input twp_state_input(const struct twp_state *state);

/* All rules of a policy, as the store keeps them. The caller frees it. */
struct twp_stored_rule *twp_state_stored_rules(const struct twp_state *state,
					       const struct twp_policy *policy, size_t *count);

#endif
