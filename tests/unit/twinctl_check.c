// SPDX-License-Identifier: GPL-2.0-only
/* What tests of twinctl check its output with, and answers that several of them need. */
#include "twinctl_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void check_has(const char *text, const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("'%s' is not in: %s", wanted, text);
}

json_t *check_find(json_t *root, const char *path)
{
	char copy[128], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", path);
	while ((word = strsep(&rest, ".")) && root)
		root = json_is_array(root) ? json_array_get(root, (size_t)atoi(word)) :
					     json_object_get(root, word);
	if (!root)
		fail_msg("nothing at '%s'", path);
	return root;
}

json_t *check_parse(const char *text)
{
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		fail_msg("%d:%d: %s: %s", error.line, error.column, error.text, text);
	return root;
}

void check_word(json_t *root, const char *path, const char *word)
{
	assert_string_equal(json_string_value(check_find(root, path)), word);
}

void check_number(json_t *root, const char *path, json_int_t number)
{
	assert_true(json_is_integer(check_find(root, path)));
	assert_int_equal(json_integer_value(check_find(root, path)), number);
}

void check_done(const struct run *run)
{
	if (run->status || *run->err)
		fail_msg("ended with %d: %s", run->status, run->err);
}

void check_failed(struct run *run, int status, const char *wanted)
{
	if (run->status != status || strncmp(run->err, "twinctl: ", 9))
		fail_msg("ended with %d: %s", run->status, run->err);
	check_has(run->err, wanted);
	if (status != 3)
		assert_string_equal(run->out, "");
	run_clean(run);
}

static Twinpath__V1__BackendStatus nft_status = {
	PROTOBUF_C_MESSAGE_INIT(&twinpath__v1__backend_status__descriptor), B(NFT), 1, 12
};
static Twinpath__V1__BackendStatus bpf_status = {
	PROTOBUF_C_MESSAGE_INIT(&twinpath__v1__backend_status__descriptor), B(BPF), 0, 11
};
static Twinpath__V1__ModuleStatus module_status = {
	.base = PROTOBUF_C_MESSAGE_INIT(&twinpath__v1__module_status__descriptor),
	.version = (char *)"0.1.0",
	.layout = 1,
	.mode = TWINPATH__V1__MODE__MODE_ENFORCE,
	.backend = B(NFT),
	.deny_action = TWINPATH__V1__DENY_ACTION__DENY_ACTION_REJECT,
	.failure_policy = TWINPATH__V1__FAILURE_POLICY__FAILURE_POLICY_CLOSED,
	.other_ethertypes = TWINPATH__V1__ETHERTYPE_POLICY__ETHERTYPE_POLICY_DENY,
	.generation = 12,
	.nft = &nft_status,
	.bpf = &bpf_status,
	.switches = 3,
	.switch_ns = 4200,
};
static Twinpath__V1__TableStatus rules_table = {
	.base = PROTOBUF_C_MESSAGE_INIT(&twinpath__v1__table_status__descriptor),
	.name = (char *)"rules",
	.entries = 250000,
	.size = 1000000,
	.key_bytes = 16,
	.value_bytes = 4,
	.bpf_bytes = 3 << 20,
};
static Twinpath__V1__TableStatus *tables[] = { &rules_table };
static Twinpath__V1__AuditSelector selector = { PROTOBUF_C_MESSAGE_INIT(
							&twinpath__v1__audit_selector__descriptor),
						(char *)"app=web,tier in (a,b)", 1 };
static Twinpath__V1__AuditSelector *selectors[] = { &selector };
static Twinpath__V1__Status status = {
	.base = PROTOBUF_C_MESSAGE_INIT(&twinpath__v1__status__descriptor),
	.module = &module_status,
	.module_loaded = 1,
	.n_table = 1,
	.table = tables,
	.endpoints = 4,
	.policies = 2,
	.identities = 5,
	.daemon_version = (char *)"0.1.0",
	.load_us = 1500,
	.problem = (char *)"",
	.default_deny = 1,
	.audited = 2,
	.n_audit_selector = 1,
	.audit_selector = selectors,
};
const Twinpath__V1__Response check_status = RESPONSE(STATUS, status, &status);

static Twinpath__V1__Applied applied = {
	.base = PROTOBUF_C_MESSAGE_INIT(&twinpath__v1__applied__descriptor),
	.generation = 13,
	.added = 7,
	.removed = 1,
	.changed = 2,
	.nft_us = 2500,
};
const Twinpath__V1__Response check_applied = RESPONSE(APPLIED, applied, &applied);

static Twinpath__V1__Label label = { PROTOBUF_C_MESSAGE_INIT(&twinpath__v1__label__descriptor),
				     (char *)"app", (char *)"app1" };
static Twinpath__V1__Label host_label = { PROTOBUF_C_MESSAGE_INIT(&twinpath__v1__label__descriptor),
					  (char *)"reserved:host", (char *)"" };
Twinpath__V1__Label *check_labels[2] = { &label, &host_label };

const Twinpath__V1__Response check_refusal = {
	PROTOBUF_C_MESSAGE_INIT(&twinpath__v1__response__descriptor),
	(char *)"web.yaml:14:9: port range 90-80 is reversed\nweb.yaml:20:1: unknown field 'l7'",
	TWINPATH__V1__RESPONSE__RESULT__NOT_SET,
	{ 0 },
};
