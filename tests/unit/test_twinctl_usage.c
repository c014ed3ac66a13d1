// SPDX-License-Identifier: GPL-2.0-only
/* The command line of twinctl: help of every verb, and what is no command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "twinctl_run.h"

#define COMMON "--socket --json --help --version"

static const struct {
	const char *command;
	const char *options; /* that its help must tell */
} commands[] = {
	{ "status", "" },
	{ "backend show", "" },
	{ "backend set", "nft|bpf" },
	{ "mode show", "" },
	{ "mode set", "off|audit|enforce --deny --fail --ethertypes --default-deny" },
	{ "endpoint add", "--label --address --port --namespace --audit --file" },
	{ "endpoint delete", "NAME..." },
	{ "endpoint list", "" },
	{ "endpoint audit", "on|off --selector --namespace" },
	{ "namespace add", "NAME --label" },
	{ "namespace delete", "NAME..." },
	{ "namespace list", "" },
	{ "policy apply", "FILE... --file --name --replace" },
	{ "policy delete", "NAME... NetworkPolicy/" },
	{ "policy list", "" },
	{ "policy get", "NAME" },
	{ "policy validate", "FILE..." },
	{ "policy trace", "--file --from --to --port --kernel --default-deny" },
	{ "policy matrix", "--file --port --address --default-deny" },
	{ "counters", "" },
	{ "monitor", "--count" },
	{ "classify", "--from --to --port --backend N/tcp N/udp N/sctp icmp/TYPE icmpv6/TYPE" },
	{ "bench", "--backend --judgements --rounds" },
	{ "batch", "FILE" },
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static void check_words(const char *text, const char *words)
{
	char copy[256], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, " ")))
		if (!strstr(text, word))
			fail_msg("'%s' is not in: %s", word, text);
}

static void help_of_every_command(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMMANDS; i++) {
		char line[64];
		struct run run;

		snprintf(line, sizeof(line), "%s --help", commands[i].command);
		run = run_twinctl(NULL, NULL, line);
		assert_int_equal(run.status, 0);
		assert_string_equal(run.err, "");
		check_words(run.out, commands[i].command);
		check_words(run.out, commands[i].options);
		check_words(run.out, COMMON);
		run_clean(&run);
	}
}

static void help_of_nouns(void **state)
{
	struct run all = run_twinctl(NULL, NULL, "--help");

	(void)state;
	assert_int_equal(all.status, 0);
	check_words(all.out, COMMON);
	size_t listed = 0;
	for (const char *at = all.out; (at = strstr(at, "\n  twinctl ")); at++)
		listed++;
	assert_int_equal(listed, COMMANDS);
	for (size_t i = 0; i < COMMANDS; i++) {
		char line[64];

		if (!strstr(all.out, commands[i].command))
			fail_msg("'%s' is not in --help", commands[i].command);
		snprintf(line, sizeof(line), "%.*s -h", (int)strcspn(commands[i].command, " "),
			 commands[i].command);
		struct run run = run_twinctl(NULL, NULL, line);
		assert_int_equal(run.status, 0);
		check_words(run.out, commands[i].command);
		run_clean(&run);
	}
	run_clean(&all);
}

static void version(void **state)
{
	struct run run = run_twinctl(NULL, NULL, "--version");

	(void)state;
	assert_int_equal(run.status, 0);
	assert_string_equal(run.out, "twinctl " TWP_VERSION "\n");
	run_clean(&run);
}

static const struct {
	const char *line;
	const char *wrong; /* that the sentence must name */
	const char *help; /* that it must point to */
} errors[] = {
	{ "", "a command is missing", "'twinctl --help'" },
	{ "frobnicate", "'frobnicate'", "'twinctl --help'" },
	{ "-x", "'-x'", "'twinctl --help'" },
	{ "--jso status", "'--jso'", "'twinctl --help'" },
	{ "status --jso", "'--jso'", "'twinctl status --help'" },
	{ "status --json=yes", "'--json'", "'twinctl status --help'" },
	{ "status more", "'more'", "'twinctl status --help'" },
	{ "status --count 1", "'--count'", "'twinctl status --help'" },
	{ "status --socket /x", "'--socket'", "'twinctl status --help'" },
	{ "backend", "'backend'", "'twinctl backend --help'" },
	{ "backend flip", "'backend flip'", "'twinctl backend --help'" },
	{ "backend set", "nft|bpf", "'twinctl backend set --help'" },
	{ "backend set xdp", "'xdp'", "'twinctl backend set --help'" },
	{ "backend set unspecified", "'unspecified'", "'twinctl backend set --help'" },
	{ "backend set nft bpf", "'bpf'", "'twinctl backend set --help'" },
	{ "mode set", "mode set", "'twinctl mode set --help'" },
	{ "mode set on", "'on'", "'twinctl mode set --help'" },
	{ "mode set --deny", "'--deny'", "'twinctl mode set --help'" },
	{ "mode set --deny --fail closed", "'--deny'", "'twinctl mode set --help'" },
	{ "mode set --deny silently", "'silently'", "'twinctl mode set --help'" },
	{ "mode set --fail safe", "'safe'", "'twinctl mode set --help'" },
	{ "mode set --ethertypes some", "'some'", "'twinctl mode set --help'" },
	{ "mode set off --fail open --fail open", "'--fail'", "'twinctl mode set --help'" },
	{ "endpoint add", "NAME", "'twinctl endpoint add --help'" },
	{ "endpoint add a b", "'b'", "'twinctl endpoint add --help'" },
	{ "endpoint add a --file f", "'a'", "'twinctl endpoint add --help'" },
	{ "endpoint add --file f --label a=b", "'--label'", "'twinctl endpoint add --help'" },
	{ "endpoint add shop/", "'shop/' is no NAME", "'twinctl endpoint add --help'" },
	{ "endpoint add /a", "'/a' is no NAME", "'twinctl endpoint add --help'" },
	{ "endpoint add a --label =b", "empty key", "'twinctl endpoint add --help'" },
	{ "endpoint add a --label k=1 --label k=2", "'k'", "'twinctl endpoint add --help'" },
	{ "endpoint add a --address 10.0.0", "'10.0.0'", "'twinctl endpoint add --help'" },
	{ "endpoint add a --address 10.0.0.0/8", "prefix", "'twinctl endpoint add --help'" },
	{ "endpoint add a --address fe80::1%eth0", "scope", "'twinctl endpoint add --help'" },
	{ "endpoint add a --port x --port y", "'x' and 'y'", "'twinctl endpoint add --help'" },
	{ "endpoint add a --port http=80", "'80'", "'twinctl endpoint add --help'" },
	{ "endpoint add a --port =80/tcp", "'=80/tcp'", "'twinctl endpoint add --help'" },
	{ "endpoint add a --port p=0/udp", "'p=0/udp'", "'twinctl endpoint add --help'" },
	{ "endpoint add a --port p=icmp/8", "'p=icmp/8'", "'twinctl endpoint add --help'" },
	{ "endpoint add a --namespace x/y", "'x/y'", "'twinctl endpoint add --help'" },
	{ "endpoint add --file f --audit", "'--audit'", "'twinctl endpoint add --help'" },
	{ "endpoint delete", "NAME", "'twinctl endpoint delete --help'" },
	{ "endpoint audit web", "'web'", "'twinctl endpoint audit --help'" },
	{ "endpoint audit on", "'--selector'", "'twinctl endpoint audit --help'" },
	{ "endpoint audit web --selector a on", "'web'", "'twinctl endpoint audit --help'" },
	{ "endpoint audit web --namespace x on", "'--selector'",
	  "'twinctl endpoint audit --help'" },
	{ "endpoint audit --selector a= --namespace x=y on", "'x=y'",
	  "'twinctl endpoint audit --help'" },
	{ "endpoint audit --selector a>1 on", "character 2", "'twinctl endpoint audit --help'" },
	{ "endpoint audit --selector= on", "empty", "'twinctl endpoint audit --help'" },
	{ "namespace add", "NAME", "'twinctl namespace add --help'" },
	{ "namespace add a/b", "'a/b'", "'twinctl namespace add --help'" },
	{ "namespace add a --label =b", "empty key", "'twinctl namespace add --help'" },
	{ "policy apply", "FILE", "'twinctl policy apply --help'" },
	{ "policy apply -", "'--name'", "'twinctl policy apply --help'" },
	{ "policy apply a.yaml b.yaml --name c", "'b.yaml'", "'twinctl policy apply --help'" },
	{ "policy apply x/web.yaml y/web.json", "'web'", "'twinctl policy apply --help'" },
	{ "policy apply -f - --file web.yaml", "'--name'", "'twinctl policy apply --help'" },
	{ "policy apply folder/", "'folder/'", "'twinctl policy apply --help'" },
	{ "policy delete", "NAME", "'twinctl policy delete --help'" },
	{ "policy get", "NAME", "'twinctl policy get --help'" },
	{ "policy get a b", "'b'", "'twinctl policy get --help'" },
	{ "monitor --count 0", "'0'", "'twinctl monitor --help'" },
	{ "monitor --count 1x", "'1x'", "'twinctl monitor --help'" },
	{ "classify", "'--from'", "'twinctl classify --help'" },
	{ "classify --from 10.0.0.1", "'--to'", "'twinctl classify --help'" },
	{ "classify --from host --to host", "'--from'", "'twinctl classify --help'" },
	{ "classify --from 10.0.0.1 --to ::1", "families", "'twinctl classify --help'" },
	{ "classify --from app1 --to host", "'app1'", "'twinctl classify --help'" },
	{ "classify --from ::1 --to fe80::1%lo", "scope", "'twinctl classify --help'" },
	{ "classify --from ::1 --to ::2 --backend xdp", "'xdp'", "'twinctl classify --help'" },
	{ "classify --from ::1 --to ::2 --port 80", "'80'", "'twinctl classify --help'" },
	{ "classify --from ::1 --to ::2 --port /tcp", "''", "'twinctl classify --help'" },
	{ "classify --from ::1 --to ::2 --port -1/tcp", "'-1'", "'twinctl classify --help'" },
	{ "classify --from ::1 --to ::2 --port 65536/udp", "'65536'", "'twinctl classify --help'" },
	{ "classify --from ::1 --to ::2 --port 18446744073709551617/tcp", "'18446744073709551617'",
	  "'twinctl classify --help'" },
	{ "classify --from ::1 --to ::2 --port 80/icmp", "'80/icmp'", "'twinctl classify --help'" },
	{ "classify --from ::1 --to ::2 --port icmp/8", "icmp", "'twinctl classify --help'" },
	{ "classify --from ::1 --to ::2 --port icmpv6/256", "'256'", "'twinctl classify --help'" },
	{ "classify --from ::1 --to ::2 --port proto/256", "'256'", "'twinctl classify --help'" },
	{ "classify --from ::1 --to ::2 --port proto/6", "N/tcp", "'twinctl classify --help'" },
	{ "bench --backend both", "'both'", "'twinctl bench --help'" },
	{ "bench --judgements 10000001", "'10000001'", "'twinctl bench --help'" },
	{ "bench --rounds 100", "'100'", "'twinctl bench --help'" },
	{ "bench --rounds -1", "'-1'", "'twinctl bench --help'" },
};

static void usage_errors(void **state)
{
	const struct answers silent = { .count = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		struct run run = run_twinctl(&silent, NULL, errors[i].line);

		if (run.status != 2)
			fail_msg("'%s' ended with %d: %s", errors[i].line, run.status, run.err);
		assert_string_equal(run.out, "");
		assert_int_equal(run.asked, 0);
		if (strncmp(run.err, "twinctl: ", 9) || !strstr(run.err, errors[i].wrong) ||
		    !strstr(run.err, errors[i].help) ||
		    strchr(run.err, '\n') != run.err + strlen(run.err) - 1)
			fail_msg("'%s' said: %s", errors[i].line, run.err);
		run_clean(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_of_every_command),
		cmocka_unit_test(help_of_nouns),
		cmocka_unit_test(version),
		cmocka_unit_test(usage_errors),
	};

	return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
