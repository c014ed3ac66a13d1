// SPDX-License-Identifier: GPL-2.0-only
/* The store, read: each table row by row. */
#include <stdlib.h>
#include <string.h>

#include "store_parts.h"

typedef int row_visit(struct twp_store *store, sqlite3_stmt *row, void *call, void *context,
		      struct twp_error *error);

static int walk(struct twp_store *store, enum statement id, row_visit *visit, void *call,
		void *context, struct twp_error *error)
{
	sqlite3_stmt *statement = twp_store_take(store, id, error);
	int step, failed = 0;

	if (!statement)
		return -1;
	while (!failed && (step = sqlite3_step(statement)) == SQLITE_ROW)
		failed = visit(store, statement, call, context, error);
	if (!failed && step != SQLITE_DONE)
		failed = twp_store_fail(store, error);
	sqlite3_reset(statement);
	return failed;
}

static const char *column_text(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return text ? text : "";
}

static int visit_endpoint(struct twp_store *store, sqlite3_stmt *row, void *call, void *context,
			  struct twp_error *error)
{
	const void *message = sqlite3_column_blob(row, 0);
	twp_store_endpoint **visit = call;

	(void)store;
	return (*visit)(message, (size_t)sqlite3_column_bytes(row, 0), context, error);
}

static int visit_policy(struct twp_store *store, sqlite3_stmt *row, void *call, void *context,
			struct twp_error *error)
{
	const char *name = column_text(row, 0), *text = column_text(row, 1);
	const struct twp_stored_rule *record = sqlite3_column_blob(row, 2);
	size_t length = (size_t)sqlite3_column_bytes(row, 2);
	size_t rules = length / sizeof(*record), i;
	twp_store_policy **visit = call;
	struct twp_stored_rule *rule;
	int failed;

	if (length % sizeof(*record))
		return twp_error_set(error, "%s: policy %s: the rules are cut", store->path, name);
	rule = calloc(rules + 1, sizeof(*rule));
	if (!rule)
		return twp_error_set(error, "no memory");
	for (i = 0; i < rules; i++)
		twp_stored_rule_swap(&rule[i], &record[i]);
	failed = (*visit)(name, text, (size_t)sqlite3_column_bytes(row, 1), rule, rules, context,
			  error);
	free(rule);
	return failed;
}

static int visit_identity(struct twp_store *store, sqlite3_stmt *row, void *call, void *context,
			  struct twp_error *error)
{
	twp_store_identity **visit = call;

	(void)store;
	return (*visit)(column_text(row, 0), (uint32_t)sqlite3_column_int64(row, 1), context,
			error);
}

static int visit_name(struct twp_store *store, sqlite3_stmt *row, void *call, void *context,
		      struct twp_error *error)
{
	twp_store_name **visit = call;

	(void)store;
	return (*visit)(column_text(row, 0), context, error);
}

static int visit_setting(struct twp_store *store, sqlite3_stmt *row, void *call, void *context,
			 struct twp_error *error)
{
	const char *name = column_text(row, 0);
	uint32_t value = (uint32_t)sqlite3_column_int64(row, 1);
	size_t i;

	(void)store;
	(void)call;
	(void)error;
	for (i = 0; twp_store_settings_known[i].name; i++)
		if (!strcmp(name, twp_store_settings_known[i].name))
			memcpy((char *)context + twp_store_settings_known[i].offset, &value,
			       sizeof(value));
	return 0;
}

int twp_store_walk_endpoints(struct twp_store *store, twp_store_endpoint *visit, void *context,
			     struct twp_error *error)
{
	return walk(store, WALK_ENDPOINTS, visit_endpoint, &visit, context, error);
}

int twp_store_walk_namespaces(struct twp_store *store, twp_store_endpoint *visit, void *context,
			      struct twp_error *error)
{
	return walk(store, WALK_NAMESPACES, visit_endpoint, &visit, context, error);
}

int twp_store_walk_policies(struct twp_store *store, twp_store_policy *visit, void *context,
			    struct twp_error *error)
{
	return walk(store, WALK_POLICIES, visit_policy, &visit, context, error);
}

int twp_store_walk_identities(struct twp_store *store, twp_store_identity *visit, void *context,
			      struct twp_error *error)
{
	return walk(store, WALK_IDENTITIES, visit_identity, &visit, context, error);
}

int twp_store_walk_bridge_ports(struct twp_store *store, twp_store_name *visit, void *context,
				struct twp_error *error)
{
	return walk(store, WALK_BRIDGE_PORTS, visit_name, &visit, context, error);
}

int twp_store_walk_audits(struct twp_store *store, twp_store_name *visit, void *context,
			  struct twp_error *error)
{
	return walk(store, WALK_AUDITS, visit_name, &visit, context, error);
}

int twp_store_settings(struct twp_store *store, struct twp_settings *settings,
		       struct twp_error *error)
{
	memset(settings, 0, sizeof(*settings));
	return walk(store, WALK_SETTINGS, visit_setting, NULL, settings, error);
}
