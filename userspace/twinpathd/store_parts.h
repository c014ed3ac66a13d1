/* SPDX-License-Identifier: GPL-2.0-only */
/* What store.c and store_walk.c share, and nobody else. */
#ifndef TWP_TWINPATHD_STORE_PARTS_H
#define TWP_TWINPATHD_STORE_PARTS_H

#include <sqlite3.h>

#include "store.h"

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	PUT_ENDPOINT,
	PUT_POLICY,
	PUT_IDENTITY,
	PUT_BRIDGE_PORT,
	PUT_SETTING,
	PUT_NAMESPACE,
	PUT_AUDIT,
	DELETE_ENDPOINT,
	DELETE_POLICY,
	DELETE_IDENTITY,
	DELETE_BRIDGE_PORT,
	DELETE_NAMESPACE,
	DELETE_AUDIT,
	WALK_ENDPOINTS,
	WALK_POLICIES,
	WALK_IDENTITIES,
	WALK_BRIDGE_PORTS,
	WALK_SETTINGS,
	WALK_NAMESPACES,
	WALK_AUDITS,
	STATEMENTS,
};

struct twp_store {
	sqlite3 *database;
	char *path;
	sqlite3_stmt *statement[STATEMENTS]; /* made when first used */
};

/* Where a row of table setting belongs; up to one without a name. */
struct twp_store_setting {
	const char *name;
	size_t offset;
};

extern const struct twp_store_setting twp_store_settings_known[];

/* Says what SQLite says. Return: -1. */
int twp_store_fail(struct twp_store *store, struct twp_error *error);
/* A statement, ready to be bound; NULL and @error. */
sqlite3_stmt *twp_store_take(struct twp_store *store, enum statement id, struct twp_error *error);
/* To or from little endian. */
void twp_stored_rule_swap(struct twp_stored_rule *to, const struct twp_stored_rule *from);

#endif
