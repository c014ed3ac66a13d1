// SPDX-License-Identifier: GPL-2.0-only
/* The store: what goes in comes out, and a kill leaves all of a transaction or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "twinpathd/store.h"

static char folder[] = "/tmp/test_store.XXXXXX";

static void files_remove(void)
{
	static const char *const names[] = { "twinpath.db", "twinpath.db-wal" };
	char path[64];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
}

static int setup(void **state)
{
	(void)state;
	files_remove();
	return 0;
}

static struct twp_store *open_store(void)
{
	struct twp_error error = { "" };
	struct twp_store *store = twp_store_open(folder, &error);

	if (!store)
		fail_msg("%s", error.text);
	return store;
}

static void ok(int failed, const struct twp_error *error)
{
	if (failed)
		fail_msg("%s", error->text);
}

struct seen {
	unsigned int rows;
	char name[64];
	char text[64];
	struct twp_stored_rule rule;
	size_t rules;
	uint32_t number;
};

static int see_endpoint(const void *message, size_t length, void *context, struct twp_error *error)
{
	struct seen *seen = context;

	(void)error;
	seen->rows++;
	assert_true(length < sizeof(seen->text));
	memcpy(seen->text, message, length);
	return 0;
}

static int see_policy(const char *name, const char *text, size_t length,
		      struct twp_stored_rule *rule, size_t rules, void *context,
		      struct twp_error *error)
{
	struct seen *seen = context;

	(void)error;
	seen->rows++;
	assert_int_equal(strlen(text), length);
	snprintf(seen->name, sizeof(seen->name), "%s", name);
	snprintf(seen->text, sizeof(seen->text), "%s", text);
	seen->rules = rules;
	if (rules)
		seen->rule = rule[rules - 1];
	return 0;
}

static int see_identity(const char *labels, uint32_t number, void *context, struct twp_error *error)
{
	struct seen *seen = context;

	(void)error;
	seen->rows++;
	snprintf(seen->name, sizeof(seen->name), "%s", labels);
	seen->number = number;
	return 0;
}

static int see_name(const char *name, void *context, struct twp_error *error)
{
	struct seen *seen = context;

	(void)error;
	seen->rows++;
	snprintf(seen->name, sizeof(seen->name), "%s", name);
	return 0;
}

static void what_goes_in_comes_out(void **state)
{
	const struct twp_stored_rule rule[] = {
		{ .number = 1 },
		{ .spec = 1,
		  .section = 2,
		  .index = 3,
		  .number = 4,
		  .packets = 5,
		  .bytes = 1ull << 40 },
	};
	const struct twp_settings settings = { .mode = 3, .generation = UINT32_MAX };
	struct twp_settings read;
	struct twp_store *store = open_store();
	struct twp_error error;
	struct seen seen;

	(void)state;
	ok(twp_store_begin(store, &error), &error);
	ok(twp_store_put_endpoint(store, "a", "\1\0\2", 3, &error), &error);
	ok(twp_store_put_policy(store, "web", "text", rule, 2, &error), &error);
	ok(twp_store_put_policy(store, "gone", "text", rule, 0, &error), &error);
	ok(twp_store_delete_policy(store, "gone", &error), &error);
	ok(twp_store_put_identity(store, "app=web", 256, &error), &error);
	ok(twp_store_put_bridge_port(store, "veth1", &error), &error);
	ok(twp_store_put_settings(store, &settings, &error), &error);
	ok(twp_store_commit(store, &error), &error);
	twp_store_close(store);

	store = open_store();
	memset(&seen, 0, sizeof(seen));
	ok(twp_store_walk_endpoints(store, see_endpoint, &seen, &error), &error);
	assert_int_equal(seen.rows, 1);
	assert_memory_equal(seen.text, "\1\0\2", 3);
	memset(&seen, 0, sizeof(seen));
	ok(twp_store_walk_policies(store, see_policy, &seen, &error), &error);
	assert_int_equal(seen.rows, 1);
	assert_string_equal(seen.name, "web");
	assert_string_equal(seen.text, "text");
	assert_int_equal(seen.rules, 2);
	assert_memory_equal(&seen.rule, &rule[1], sizeof(rule[1]));
	memset(&seen, 0, sizeof(seen));
	ok(twp_store_walk_identities(store, see_identity, &seen, &error), &error);
	assert_string_equal(seen.name, "app=web");
	assert_int_equal(seen.number, 256);
	memset(&seen, 0, sizeof(seen));
	ok(twp_store_walk_bridge_ports(store, see_name, &seen, &error), &error);
	assert_string_equal(seen.name, "veth1");
	ok(twp_store_settings(store, &read, &error), &error);
	assert_memory_equal(&read, &settings, sizeof(settings));
	twp_store_close(store);
}

static void what_is_rolled_back_was_never_there(void **state)
{
	struct twp_store *store = open_store();
	struct twp_error error;
	struct seen seen = { 0 };

	(void)state;
	ok(twp_store_begin(store, &error), &error);
	ok(twp_store_put_identity(store, "app=web", 256, &error), &error);
	twp_store_rollback(store);
	twp_store_rollback(store);
	ok(twp_store_walk_identities(store, see_identity, &seen, &error), &error);
	assert_int_equal(seen.rows, 0);
	twp_store_close(store);
}

static void only_one_has_it_open(void **state)
{
	struct twp_store *store = open_store();
	struct twp_error error = { "" };

	(void)state;
	assert_null(twp_store_open(folder, &error));
	assert_non_null(strstr(error.text, "another process has it open"));
	twp_store_close(store);
}

static void a_newer_schema_is_refused(void **state)
{
	struct twp_error error = { "" };
	sqlite3 *database;
	char path[64];

	(void)state;
	twp_store_close(open_store());
	snprintf(path, sizeof(path), "%s/twinpath.db", folder);
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, "PRAGMA user_version = 99", NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(database);
	assert_null(twp_store_open(folder, &error));
	assert_non_null(strstr(error.text, "newer twinpathd"));
}

/* What the first schema held is held on; the tables that came later are empty. */
static void an_older_schema_is_taken_over(void **state)
{
	static const char first[] =
		"CREATE TABLE endpoint (name TEXT PRIMARY KEY, message BLOB NOT NULL);"
		"CREATE TABLE policy (name TEXT PRIMARY KEY, document TEXT NOT NULL, "
		"rules BLOB NOT NULL);"
		"CREATE TABLE identity (labels TEXT PRIMARY KEY, number INTEGER NOT NULL) "
		"WITHOUT ROWID;"
		"CREATE TABLE bridge_port (name TEXT PRIMARY KEY) WITHOUT ROWID;"
		"CREATE TABLE setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) "
		"WITHOUT ROWID;"
		"INSERT INTO endpoint VALUES ('a', X'0A0161');"
		"INSERT INTO policy VALUES ('web', 'text', "
		"X'0000000000000000000000000700000005000000000000000600000000000000');"
		"INSERT INTO identity VALUES ('app=web', 256);"
		"INSERT INTO setting VALUES ('generation', 9);"
		"PRAGMA user_version = 1;";
	struct twp_settings settings;
	struct twp_error error;
	struct twp_store *store;
	struct seen seen = { 0 };
	sqlite3 *database;
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/twinpath.db", folder);
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, first, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
	for (int i = 0; i < 2; i++) {
		store = open_store();
		memset(&seen, 0, sizeof(seen));
		ok(twp_store_walk_endpoints(store, see_endpoint, &seen, &error), &error);
		ok(twp_store_walk_identities(store, see_identity, &seen, &error), &error);
		ok(twp_store_walk_policies(store, see_policy, &seen, &error), &error);
		assert_int_equal(seen.rows, 3);
		assert_int_equal(seen.rule.number, 7);
		assert_int_equal(seen.rule.packets, 5);
		ok(twp_store_settings(store, &settings, &error), &error);
		assert_int_equal(settings.generation, 9);
		memset(&seen, 0, sizeof(seen));
		ok(twp_store_walk_namespaces(store, see_endpoint, &seen, &error), &error);
		ok(twp_store_walk_audits(store, see_name, &seen, &error), &error);
		/* Of the first round. */
		assert_int_equal(seen.rows, 2 * i);
		ok(twp_store_put_audit(store, "app=web", &error), &error);
		ok(twp_store_put_namespace(store, "shop", "\1", 1, &error), &error);
		twp_store_close(store);
	}
}

static void garbage_is_refused(void **state)
{
	struct twp_error error = { "" };
	char path[64], garbage[8192];
	int fd;

	(void)state;
	memset(garbage, 'x', sizeof(garbage));
	snprintf(path, sizeof(path), "%s/twinpath.db", folder);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, garbage, sizeof(garbage)), sizeof(garbage));
	close(fd);
	assert_null(twp_store_open(folder, &error));
	assert_non_null(strstr(error.text, "twinpath.db"));
}

/* Writes transactions until it is killed: N of setting generation with N endpoints. */
static void write_on(int told)
{
	struct twp_store *store = twp_store_open(folder, NULL);
	struct twp_settings settings;
	uint32_t n, i;
	char name[16];

	if (!store || twp_store_settings(store, &settings, NULL))
		_exit(1);
	for (n = settings.generation + 1;; n++) {
		settings.generation = n;
		if (twp_store_begin(store, NULL))
			_exit(1);
		for (i = 0; i < 50; i++) {
			snprintf(name, sizeof(name), "n%u", i);
			if (twp_store_put_endpoint(store, name, &n, sizeof(n), NULL))
				_exit(1);
		}
		if (twp_store_put_settings(store, &settings, NULL) || twp_store_commit(store, NULL))
			_exit(1);
		/* What was told to be committed has to be there. */
		if (write(told, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
}

struct same {
	uint32_t wanted;
	unsigned int rows;
};

static int see_number(const void *message, size_t length, void *context, struct twp_error *error)
{
	struct same *same = context;
	uint32_t number;

	(void)error;
	assert_int_equal(length, sizeof(number));
	memcpy(&number, message, sizeof(number));
	assert_int_equal(number, same->wanted);
	same->rows++;
	return 0;
}

static void a_kill_leaves_all_or_nothing(void **state)
{
	struct timespec wait = { 0 };
	struct twp_settings settings;
	struct twp_error error;
	struct twp_store *store;
	struct same same;
	uint32_t told, number;
	int pipes[2], round;
	pid_t child;

	(void)state;
	for (round = 0; round < 20; round++) {
		assert_int_equal(pipe(pipes), 0);
		child = fork();
		if (!child) {
			close(pipes[0]);
			write_on(pipes[1]);
		}
		close(pipes[1]);
		assert_int_equal(read(pipes[0], &told, sizeof(told)), sizeof(told));
		/* At another moment of a transaction each time. */
		wait.tv_nsec = 700000l * round;
		nanosleep(&wait, NULL);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		while (read(pipes[0], &number, sizeof(number)) == sizeof(number))
			told = number;
		close(pipes[0]);

		store = open_store();
		ok(twp_store_settings(store, &settings, &error), &error);
		assert_in_range(settings.generation, told, told + 1);
		same = (struct same){ .wanted = settings.generation };
		ok(twp_store_walk_endpoints(store, see_number, &same, &error), &error);
		assert_int_equal(same.rows, 50);
		twp_store_close(store);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_goes_in_comes_out, setup),
		cmocka_unit_test_setup(what_is_rolled_back_was_never_there, setup),
		cmocka_unit_test_setup(only_one_has_it_open, setup),
		cmocka_unit_test_setup(a_newer_schema_is_refused, setup),
		cmocka_unit_test_setup(an_older_schema_is_taken_over, setup),
		cmocka_unit_test_setup(garbage_is_refused, setup),
		cmocka_unit_test_setup(a_kill_leaves_all_or_nothing, setup),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	files_remove();
	rmdir(folder);
	return failed;
}
