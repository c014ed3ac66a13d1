// SPDX-License-Identifier: GPL-2.0-only
/* twinctl policy apply: files, folders and standard input become one request, or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "twinctl_check.h"

static void policies_are_applied_at_once(void **state)
{
	static const char text[] = "endpointSelector: {}\n# caf\xc3\xa9\n";
	char line[512], first[256];

	(void)state;
	snprintf(first, sizeof(first), "%s", run_file("web.v2.yaml", text, strlen(text)));
	snprintf(line, sizeof(line), "policy apply %s %s", first, run_file("db", "[]", 2));
	struct run run = run_twinctl(ANSWERS(&check_applied), NULL, line);
	check_done(&run);
	const Twinpath__V1__ApplyPolicyRequest *apply = run.request->apply_policy;
	assert_int_equal(run.asked, 1);
	assert_int_equal(apply->n_document, 2);
	assert_string_equal(apply->document[0]->name, "web.v2");
	assert_string_equal(apply->document[0]->file, first);
	assert_string_equal(apply->document[0]->text, text);
	assert_string_equal(apply->document[1]->name, "db");
	run_clean(&run);

	run = run_twinctl(ANSWERS(&check_applied), text, "policy apply - --name web");
	check_done(&run);
	assert_string_equal(run.request->apply_policy->document[0]->name, "web");
	assert_string_equal(run.request->apply_policy->document[0]->file, "stdin");
	run_clean(&run);

	snprintf(line, sizeof(line), "policy apply %s %s/none.yaml", first, run_folder());
	run = run_twinctl(ANSWERS(&check_applied), NULL, line);
	assert_int_equal(run.asked, 0);
	check_failed(&run, 1, "none.yaml: No such file or directory");

	snprintf(line, sizeof(line), "policy apply %s", run_file("nul.yaml", "a\0b", 3));
	run = run_twinctl(ANSWERS(&check_applied), NULL, line);
	assert_int_equal(run.asked, 0);
	check_failed(&run, 1, "nul.yaml: byte 2 is NUL");

	snprintf(line, sizeof(line), "policy apply %s", run_file("large.yaml", "", 0));
	assert_int_equal(truncate(strrchr(line, ' ') + 1, (64 << 20) + 1), 0);
	run = run_twinctl(ANSWERS(&check_applied), NULL, line);
	assert_int_equal(run.asked, 0);
	check_failed(&run, 1, "67108864 bytes (64 MiB)");
}

static const char rule[] = "endpointSelector: {}\ningress: [{}]\n";

/* A folder of the test's own with files @name, up to NULL. The path is good until the next call. */
static const char *folder_make(const char *folder, const char *const *name)
{
	static char path[256];
	char file[512];

	snprintf(path, sizeof(path), "%.200s/%s", run_folder(), folder);
	assert_int_equal(mkdir(path, 0700), 0);
	for (; *name; name++) {
		snprintf(file, sizeof(file), "%s/%s", folder, *name);
		run_file(file, rule, strlen(rule));
	}
	return path;
}

static void a_folder_is_its_documents(void **state)
{
	static const char *const names[] = { "web.yaml", "db.json", "notes.txt", ".yaml", NULL };
	static const char *const none[] = { "notes.txt", NULL };
	char line[512];
	struct run run;

	(void)state;
	snprintf(line, sizeof(line), "policy apply -f %s -f - --replace old --replace older",
		 folder_make("many", names));
	run = run_twinctl(ANSWERS(&check_applied), rule, line);
	check_failed(&run, 2, "standard input wants '--name'");

	snprintf(line, sizeof(line), "policy apply -f %s/many --replace old --replace older",
		 run_folder());
	run = run_twinctl(ANSWERS(&check_applied), NULL, line);
	check_done(&run);
	const Twinpath__V1__ApplyPolicyRequest *apply = run.request->apply_policy;
	assert_int_equal(apply->n_document, 2);
	assert_string_equal(apply->document[0]->name, "db");
	assert_string_equal(apply->document[1]->name, "web");
	check_has(apply->document[1]->file, "/many/web.yaml");
	assert_string_equal(apply->document[1]->text, rule);
	assert_int_equal(apply->n_replace, 2);
	assert_string_equal(apply->replace[1], "older");
	run_clean(&run);

	snprintf(line, sizeof(line), "policy apply %s", folder_make("bare", none));
	run = run_twinctl(ANSWERS(&check_applied), NULL, line);
	assert_int_equal(run.asked, 0);
	check_failed(&run, 1, "bare: no file in it ends in .yaml, .yml or .json");
}

static void link_make(const char *to, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", run_folder(), name);
	assert_int_equal(symlink(to, path), 0);
}

/* As Kubernetes mounts a ConfigMap: the files are links, through a link to a folder. */
static void links_to_files_are_followed(void **state)
{
	static const char *const names[] = { "web.yaml", "DB.YAML", NULL };
	static const char *const none[] = { NULL };
	char line[512];
	struct run run;

	(void)state;
	folder_make("map", none);
	folder_make("map/..2026_01", names);
	link_make("..2026_01", "map/..data");
	link_make("..data/web.yaml", "map/web.yaml");
	link_make("..data/DB.YAML", "map/DB.YAML");
	link_make(".", "map/loop");
	link_make(".", "map/loop.yaml");
	link_make("map", "mounted");
	snprintf(line, sizeof(line), "policy apply %s/mounted", run_folder());
	run = run_twinctl(ANSWERS(&check_applied), NULL, line);
	check_done(&run);
	const Twinpath__V1__ApplyPolicyRequest *apply = run.request->apply_policy;
	assert_int_equal(apply->n_document, 2);
	assert_string_equal(apply->document[0]->name, "DB");
	check_has(apply->document[1]->file, "/mounted/web.yaml");
	assert_string_equal(apply->document[1]->text, rule);
	run_clean(&run);

	link_make("nowhere", "map/gone.yaml");
	run = run_twinctl(ANSWERS(&check_applied), NULL, line);
	assert_int_equal(run.asked, 0);
	check_failed(&run, 1, "/mounted/gone.yaml: No such file or directory");
}

/* A file that cannot be read hides nothing of the others, and the daemon is not asked. */
static void every_file_is_looked_at(void **state)
{
	static const char wrong[] = "- what: 1\n- endpointSelector: {}\n  ingress: 5\n";
	char line[1024], first[256];
	struct run run;

	(void)state;
	snprintf(first, sizeof(first), "%s", run_file("wrong.yaml", wrong, strlen(wrong)));
	snprintf(line, sizeof(line), "policy apply %s/none.yaml %s %s", run_folder(), first,
		 run_file("nul2.yaml", "a\0b", 3));
	run = run_twinctl(ANSWERS(&check_applied), NULL, line);
	assert_int_equal(run.asked, 0);
	check_has(run.err, "none.yaml: No such file");
	check_has(run.err, "\ntwinctl: ");
	check_has(run.err, "wrong.yaml:1:3: field \"what\" is unknown");
	check_has(run.err, "wrong.yaml:3:12: ingress must be a list");
	check_has(run.err, "nul2.yaml: byte 2 is NUL");
	check_failed(&run, 1, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_are_applied_at_once),
		cmocka_unit_test(a_folder_is_its_documents),
		cmocka_unit_test(links_to_files_are_followed),
		cmocka_unit_test(every_file_is_looked_at),
	};

	return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
