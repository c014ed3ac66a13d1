// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store, one SQLite file. A write-ahead log with synchronous=FULL: COMMIT
 * returns when the transaction is on the disk. Locked as a whole for as long as
 * it is open.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store_parts.h"

#define SCHEMA 3 /* PRAGMA user_version */

static const char *const texts[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[PUT_ENDPOINT] = "INSERT OR REPLACE INTO endpoint VALUES (?1, ?2)",
	[PUT_POLICY] = "INSERT OR REPLACE INTO policy VALUES (?1, ?2, ?3)",
	[PUT_IDENTITY] = "INSERT OR REPLACE INTO identity VALUES (?1, ?2)",
	[PUT_BRIDGE_PORT] = "INSERT OR REPLACE INTO bridge_port VALUES (?1)",
	[PUT_SETTING] = "INSERT OR REPLACE INTO setting VALUES (?1, ?2)",
	[PUT_NAMESPACE] = "INSERT OR REPLACE INTO namespace VALUES (?1, ?2)",
	[PUT_AUDIT] = "INSERT OR REPLACE INTO audit VALUES (?1)",
	[DELETE_ENDPOINT] = "DELETE FROM endpoint WHERE name = ?1",
	[DELETE_POLICY] = "DELETE FROM policy WHERE name = ?1",
	[DELETE_IDENTITY] = "DELETE FROM identity WHERE labels = ?1",
	[DELETE_BRIDGE_PORT] = "DELETE FROM bridge_port WHERE name = ?1",
	[DELETE_NAMESPACE] = "DELETE FROM namespace WHERE name = ?1",
	[DELETE_AUDIT] = "DELETE FROM audit WHERE selector = ?1",
	[WALK_ENDPOINTS] = "SELECT message FROM endpoint ORDER BY name",
	[WALK_POLICIES] = "SELECT name, document, rules FROM policy ORDER BY name",
	[WALK_IDENTITIES] = "SELECT labels, number FROM identity ORDER BY labels",
	[WALK_BRIDGE_PORTS] = "SELECT name FROM bridge_port ORDER BY name",
	[WALK_SETTINGS] = "SELECT name, value FROM setting",
	[WALK_NAMESPACES] = "SELECT message FROM namespace ORDER BY name",
	[WALK_AUDITS] = "SELECT selector FROM audit ORDER BY selector",
};

/*
 * endpoint.message is a twinpath.v1.Endpoint. policy.rules holds a record for
 * each rule, struct twp_stored_rule in little endian: a row a rule would cost a
 * policy of 100,000 rules seconds.
 */
static const char schema[] =
	"CREATE TABLE endpoint (name TEXT PRIMARY KEY, message BLOB NOT NULL);"
	"CREATE TABLE policy (name TEXT PRIMARY KEY, document TEXT NOT NULL, rules BLOB NOT NULL);"
	"CREATE TABLE identity (labels TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE bridge_port (name TEXT PRIMARY KEY) WITHOUT ROWID;"
	"CREATE TABLE setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
	"PRAGMA user_version = 1;";

/* namespace.message is a twinpath.v1.Namespace. */
static const char schema_2[] =
	"CREATE TABLE namespace (name TEXT PRIMARY KEY, message BLOB NOT NULL);"
	"PRAGMA user_version = 2;";

static const char schema_3[] = "CREATE TABLE audit (selector TEXT PRIMARY KEY) WITHOUT ROWID;"
			       "PRAGMA user_version = 3;";

const struct twp_store_setting twp_store_settings_known[] = {
	{ "mode", offsetof(struct twp_settings, mode) },
	{ "backend", offsetof(struct twp_settings, backend) },
	{ "deny_action", offsetof(struct twp_settings, deny_action) },
	{ "failure_policy", offsetof(struct twp_settings, failure_policy) },
	{ "other_ethertypes", offsetof(struct twp_settings, other_ethertypes) },
	{ "generation", offsetof(struct twp_settings, generation) },
	{ "identity_cursor", offsetof(struct twp_settings, identity_cursor) },
	{ "rule_cursor", offsetof(struct twp_settings, rule_cursor) },
	{ "prefix_cursor", offsetof(struct twp_settings, prefix_cursor) },
	{ "default_deny", offsetof(struct twp_settings, default_deny) },
	{ 0 },
};

int twp_store_fail(struct twp_store *store, struct twp_error *error)
{
	if (sqlite3_errcode(store->database) == SQLITE_BUSY)
		return twp_error_set(error, "%s: another process has it open", store->path);
	return twp_error_set(error, "%s: %s", store->path, sqlite3_errmsg(store->database));
}

static int execute(struct twp_store *store, const char *text, struct twp_error *error)
{
	if (sqlite3_exec(store->database, text, NULL, NULL, NULL) != SQLITE_OK)
		return twp_store_fail(store, error);
	return 0;
}

static int version_read(struct twp_store *store, int *version, struct twp_error *error)
{
	sqlite3_stmt *statement;
	int failed = 0;

	if (sqlite3_prepare_v2(store->database, "PRAGMA user_version", -1, &statement, NULL) !=
	    SQLITE_OK)
		return twp_store_fail(store, error);
	if (sqlite3_step(statement) == SQLITE_ROW)
		*version = sqlite3_column_int(statement, 0);
	else
		failed = twp_store_fail(store, error);
	sqlite3_finalize(statement);
	return failed;
}

static int prepare_file(struct twp_store *store, struct twp_error *error)
{
	int version = 0;

	/* EXCLUSIVE comes first: then the log needs no shared memory beside the file. */
	if (execute(store, "PRAGMA locking_mode = EXCLUSIVE", error) ||
	    execute(store, "PRAGMA journal_mode = WAL", error) ||
	    execute(store, "PRAGMA synchronous = FULL", error) ||
	    execute(store, "BEGIN EXCLUSIVE", error))
		return -1;
	if (version_read(store, &version, error))
		return -1;
	if (version > SCHEMA)
		return twp_error_set(error,
				     "%s: written by a newer twinpathd (schema %d, this "
				     "one knows %d)",
				     store->path, version, SCHEMA);
	if ((version < 1 && execute(store, schema, error)) ||
	    (version < 2 && execute(store, schema_2, error)) ||
	    (version < 3 && execute(store, schema_3, error)))
		return -1;
	return execute(store, "COMMIT", error);
}

struct twp_store *twp_store_open(const char *folder, struct twp_error *error)
{
	struct twp_store *store = calloc(1, sizeof(*store));

	if (!store || asprintf(&store->path, "%s/twinpath.db", folder) < 0) {
		free(store);
		twp_error_set(error, "no memory");
		return NULL;
	}
	if (mkdir(folder, 0700) && errno != EEXIST) {
		twp_error_set(error, "%s: %s", folder, strerror(errno));
		goto close;
	}
	if (sqlite3_open_v2(store->path, &store->database,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
			    NULL) != SQLITE_OK) {
		if (store->database)
			twp_store_fail(store, error);
		else
			twp_error_set(error, "no memory");
		goto close;
	}
	/* One that was just killed may still be about to end. */
	sqlite3_busy_timeout(store->database, 1000);
	if (!prepare_file(store, error))
		return store;
close:
	twp_store_close(store);
	return NULL;
}

void twp_store_close(struct twp_store *store)
{
	size_t i;

	if (!store)
		return;
	for (i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(store->statement[i]);
	sqlite3_close(store->database);
	free(store->path);
	free(store);
}

/* A statement, ready to be bound; NULL and @error. */
sqlite3_stmt *twp_store_take(struct twp_store *store, enum statement id, struct twp_error *error)
{
	sqlite3_stmt **statement = &store->statement[id];

	if (!*statement &&
	    sqlite3_prepare_v3(store->database, texts[id], -1, SQLITE_PREPARE_PERSISTENT, statement,
			       NULL) != SQLITE_OK) {
		twp_store_fail(store, error);
		return NULL;
	}
	return *statement;
}

static int run(struct twp_store *store, sqlite3_stmt *statement, struct twp_error *error)
{
	int failed = 0;

	if (sqlite3_step(statement) != SQLITE_DONE)
		failed = twp_store_fail(store, error);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return failed;
}

int twp_store_begin(struct twp_store *store, struct twp_error *error)
{
	sqlite3_stmt *statement = twp_store_take(store, BEGIN, error);

	return statement ? run(store, statement, error) : -1;
}

int twp_store_commit(struct twp_store *store, struct twp_error *error)
{
	sqlite3_stmt *statement = twp_store_take(store, COMMIT, error);

	return statement ? run(store, statement, error) : -1;
}

void twp_store_rollback(struct twp_store *store)
{
	sqlite3_stmt *statement;

	if (sqlite3_get_autocommit(store->database))
		return;
	statement = twp_store_take(store, ROLLBACK, NULL);
	if (statement)
		run(store, statement, NULL);
}

/* A statement whose first parameter is @name. */
static sqlite3_stmt *take_named(struct twp_store *store, enum statement id, const char *name,
				struct twp_error *error)
{
	sqlite3_stmt *statement = twp_store_take(store, id, error);

	if (statement && sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC) != SQLITE_OK) {
		twp_store_fail(store, error);
		return NULL;
	}
	return statement;
}

static int run_named(struct twp_store *store, enum statement id, const char *name,
		     struct twp_error *error)
{
	sqlite3_stmt *statement = take_named(store, id, name, error);

	return statement ? run(store, statement, error) : -1;
}

static int run_numbered(struct twp_store *store, enum statement id, const char *name,
			uint32_t number, struct twp_error *error)
{
	sqlite3_stmt *statement = take_named(store, id, name, error);

	if (!statement)
		return -1;
	if (sqlite3_bind_int64(statement, 2, number) != SQLITE_OK)
		return twp_store_fail(store, error);
	return run(store, statement, error);
}

static int put_message(struct twp_store *store, enum statement id, const char *name,
		       const void *message, size_t length, struct twp_error *error)
{
	sqlite3_stmt *statement = take_named(store, id, name, error);

	if (!statement)
		return -1;
	if (sqlite3_bind_blob64(statement, 2, message, length, SQLITE_STATIC) != SQLITE_OK)
		return twp_store_fail(store, error);
	return run(store, statement, error);
}

int twp_store_put_endpoint(struct twp_store *store, const char *name, const void *message,
			   size_t length, struct twp_error *error)
{
	return put_message(store, PUT_ENDPOINT, name, message, length, error);
}

int twp_store_put_namespace(struct twp_store *store, const char *name, const void *message,
			    size_t length, struct twp_error *error)
{
	return put_message(store, PUT_NAMESPACE, name, message, length, error);
}

void twp_stored_rule_swap(struct twp_stored_rule *to, const struct twp_stored_rule *from)
{
	to->spec = htole32(from->spec);
	to->section = htole32(from->section);
	to->index = htole32(from->index);
	to->number = htole32(from->number);
	to->packets = htole64(from->packets);
	to->bytes = htole64(from->bytes);
}

int twp_store_put_policy(struct twp_store *store, const char *name, const char *text,
			 const struct twp_stored_rule *rule, size_t rules, struct twp_error *error)
{
	sqlite3_stmt *statement = take_named(store, PUT_POLICY, name, error);
	struct twp_stored_rule *record;
	size_t i;
	int failed;

	if (!statement)
		return -1;
	record = calloc(rules + 1, sizeof(*record));
	if (!record)
		return twp_error_set(error, "no memory");
	for (i = 0; i < rules; i++)
		twp_stored_rule_swap(&record[i], &rule[i]);
	if (sqlite3_bind_text64(statement, 2, text, strlen(text), SQLITE_STATIC, SQLITE_UTF8) !=
		    SQLITE_OK ||
	    sqlite3_bind_blob64(statement, 3, record, rules * sizeof(*record), SQLITE_STATIC) !=
		    SQLITE_OK)
		failed = twp_store_fail(store, error);
	else
		failed = run(store, statement, error);
	free(record);
	return failed;
}

int twp_store_put_identity(struct twp_store *store, const char *labels, uint32_t number,
			   struct twp_error *error)
{
	return run_numbered(store, PUT_IDENTITY, labels, number, error);
}

int twp_store_put_bridge_port(struct twp_store *store, const char *name, struct twp_error *error)
{
	return run_named(store, PUT_BRIDGE_PORT, name, error);
}

int twp_store_put_audit(struct twp_store *store, const char *selector, struct twp_error *error)
{
	return run_named(store, PUT_AUDIT, selector, error);
}

int twp_store_put_settings(struct twp_store *store, const struct twp_settings *settings,
			   struct twp_error *error)
{
	size_t i;

	for (i = 0; twp_store_settings_known[i].name; i++) {
		uint32_t value;

		memcpy(&value, (const char *)settings + twp_store_settings_known[i].offset,
		       sizeof(value));
		if (run_numbered(store, PUT_SETTING, twp_store_settings_known[i].name, value,
				 error))
			return -1;
	}
	return 0;
}

int twp_store_delete_endpoint(struct twp_store *store, const char *name, struct twp_error *error)
{
	return run_named(store, DELETE_ENDPOINT, name, error);
}

int twp_store_delete_policy(struct twp_store *store, const char *name, struct twp_error *error)
{
	return run_named(store, DELETE_POLICY, name, error);
}

int twp_store_delete_identity(struct twp_store *store, const char *labels, struct twp_error *error)
{
	return run_named(store, DELETE_IDENTITY, labels, error);
}

int twp_store_delete_bridge_port(struct twp_store *store, const char *name, struct twp_error *error)
{
	return run_named(store, DELETE_BRIDGE_PORT, name, error);
}

int twp_store_delete_namespace(struct twp_store *store, const char *name, struct twp_error *error)
{
	return run_named(store, DELETE_NAMESPACE, name, error);
}

int twp_store_delete_audit(struct twp_store *store, const char *selector, struct twp_error *error)
{
	return run_named(store, DELETE_AUDIT, selector, error);
}
