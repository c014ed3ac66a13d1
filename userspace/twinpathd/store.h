/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store: what was asked of the daemon, in SQLite. Survives a kill and a
 * loss of power at any moment: after either it holds all of a transaction or
 * nothing of it. Only one process has it open.
 */
#ifndef TWP_TWINPATHD_STORE_H
#define TWP_TWINPATHD_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "policy/error.h"

struct twp_store;

/* 0 is what was never set. The first five are enums of proto/twinpath.proto. */
struct twp_settings {
	uint32_t mode;
	uint32_t backend;
	uint32_t deny_action;
	uint32_t failure_policy;
	uint32_t other_ethertypes;
	uint32_t generation; /* last one committed */
	uint32_t identity_cursor; /* twp_numbers_cursor() */
	uint32_t rule_cursor;
	uint32_t prefix_cursor;
	uint32_t default_deny; /* of endpoints that no policy selects */
};

/* The number of one rule of a policy, and what its counter said when it was given. */
struct twp_stored_rule {
	uint32_t spec;
	uint32_t section;
	uint32_t index;
	uint32_t number;
	uint64_t packets;
	uint64_t bytes;
};

/* Rows, one call each. A visitor that returns -1 ends the walk with its @error. */
typedef int twp_store_endpoint(const void *message, size_t length, void *context,
			       struct twp_error *error);
typedef int twp_store_policy(const char *name, const char *text, size_t length,
			     struct twp_stored_rule *rule, size_t rules, void *context,
			     struct twp_error *error);
typedef int twp_store_identity(const char *labels, uint32_t number, void *context,
			       struct twp_error *error);
typedef int twp_store_name(const char *name, void *context, struct twp_error *error);

/**
 * twp_store_open() - open the store, or make an empty one
 * @folder: made if it is not there
 *
 * Return: NULL and @error, also if another process has it open or a newer
 * twinpathd has written it.
 */
struct twp_store *twp_store_open(const char *folder, struct twp_error *error);
void twp_store_close(struct twp_store *store);

int twp_store_begin(struct twp_store *store, struct twp_error *error);
int twp_store_commit(struct twp_store *store, struct twp_error *error);
/* Also if nothing was begun. */
void twp_store_rollback(struct twp_store *store);

/* Each adds, or replaces what has the same name. */
int twp_store_put_endpoint(struct twp_store *store, const char *name, const void *message,
			   size_t length, struct twp_error *error);
int twp_store_put_namespace(struct twp_store *store, const char *name, const void *message,
			    size_t length, struct twp_error *error);
int twp_store_put_policy(struct twp_store *store, const char *name, const char *text,
			 const struct twp_stored_rule *rule, size_t rules, struct twp_error *error);
int twp_store_put_identity(struct twp_store *store, const char *labels, uint32_t number,
			   struct twp_error *error);
int twp_store_put_bridge_port(struct twp_store *store, const char *name, struct twp_error *error);
int twp_store_put_audit(struct twp_store *store, const char *selector, struct twp_error *error);
int twp_store_put_settings(struct twp_store *store, const struct twp_settings *settings,
			   struct twp_error *error);

int twp_store_delete_endpoint(struct twp_store *store, const char *name, struct twp_error *error);
int twp_store_delete_policy(struct twp_store *store, const char *name, struct twp_error *error);
int twp_store_delete_identity(struct twp_store *store, const char *labels, struct twp_error *error);
int twp_store_delete_bridge_port(struct twp_store *store, const char *name,
				 struct twp_error *error);

int twp_store_delete_namespace(struct twp_store *store, const char *name, struct twp_error *error);
int twp_store_delete_audit(struct twp_store *store, const char *selector, struct twp_error *error);

/* By name. */
int twp_store_walk_endpoints(struct twp_store *store, twp_store_endpoint *visit, void *context,
			     struct twp_error *error);
int twp_store_walk_namespaces(struct twp_store *store, twp_store_endpoint *visit, void *context,
			      struct twp_error *error);
int twp_store_walk_policies(struct twp_store *store, twp_store_policy *visit, void *context,
			    struct twp_error *error);
int twp_store_walk_identities(struct twp_store *store, twp_store_identity *visit, void *context,
			      struct twp_error *error);
int twp_store_walk_bridge_ports(struct twp_store *store, twp_store_name *visit, void *context,
				struct twp_error *error);
int twp_store_walk_audits(struct twp_store *store, twp_store_name *visit, void *context,
			  struct twp_error *error);
int twp_store_settings(struct twp_store *store, struct twp_settings *settings,
		       struct twp_error *error);

#endif
