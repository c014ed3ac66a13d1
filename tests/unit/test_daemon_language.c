// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon and what the policy language needs kept: identities of prefixes,
 * namespaces, named ports, the default deny. Over the kernel of fake_kernel.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_kernel.h"
#include "twinpathd/answers.h"
#include "twinpathd/log.h"
#include "twinpathd/requests.h"

static struct twp_daemon daemon_;
static struct twp_options options = { .socket = "", .pins = "/none", .state = "" };
static char folder[] = "/tmp/test_language.XXXXXX";

static void daemon_start(void)
{
	struct twp_error error = { "" };

	if (twp_daemon_init(&daemon_, &options, &error))
		fail_msg("%s", error.text);
	twp_daemon_mend(&daemon_);
}

/* As if it had been killed; what the kernel holds must be what it would write. */
static void daemon_restart(void)
{
	twp_daemon_clean(&daemon_);
	for (size_t i = 0; i < 2; i++)
		fake.side[i].applies = fake.side[i].rebuilds = 0;
	daemon_start();
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(fake.side[i].applies + fake.side[i].rebuilds, 0);
}

static void state_remove(void)
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
	state_remove();
	twp_log_level("error");
	options.sizes = twp_sizes_default;
	fake_boot(true);
	daemon_start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	twp_daemon_clean(&daemon_);
	fake_clean();
	return 0;
}

#define OPERATION(name) TWINPATH__V1__REQUEST__OPERATION_##name

/* Asks; @error: NULL if it must succeed, else a part of the sentence. */
static void done(Twinpath__V1__Request__OperationCase operation, void *message, const char *error)
{
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__Response *response;
	bool monitor = false;
	uint8_t *bytes;
	size_t length;

	request.operation_case = operation;
	request.status = message;
	length = twinpath__v1__request__get_packed_size(&request);
	bytes = malloc(length + 1);
	twinpath__v1__request__pack(&request, bytes);
	response = twp_request_answer(&daemon_, "test", bytes, length, &monitor);
	free(bytes);
	assert_non_null(response);
	if (error ? !strstr(response->error, error) : *response->error)
		fail_msg("%s", response->error);
	twinpath__v1__response__free_unpacked(response, NULL);
}

/* Endpoint @name of @space with address 10.0.0.@last and port http. */
static void endpoint_add(const char *name, const char *space, uint8_t last, uint32_t http)
{
	uint8_t bytes[4] = { 10, 0, 0, last };
	ProtobufCBinaryData address = { .len = 4, .data = bytes };
	Twinpath__V1__NamedPort port = TWINPATH__V1__NAMED_PORT__INIT, *ports = &port;
	Twinpath__V1__Endpoint endpoint = TWINPATH__V1__ENDPOINT__INIT, *endpoints = &endpoint;
	Twinpath__V1__AddEndpointRequest add = TWINPATH__V1__ADD_ENDPOINT_REQUEST__INIT;

	port.name = (char *)"http";
	port.protocol = (char *)"TCP";
	port.port = http;
	endpoint.name = (char *)name;
	endpoint.namespace_ = (char *)space;
	endpoint.address = &address;
	endpoint.n_address = 1;
	endpoint.ports = &ports;
	endpoint.n_ports = 1;
	add.endpoint = &endpoints;
	add.n_endpoint = 1;
	done(OPERATION(ADD_ENDPOINT), &add, NULL);
}

static void namespace_add(const char *name, const char *key, const char *value)
{
	Twinpath__V1__Label label = TWINPATH__V1__LABEL__INIT, *labels = &label;
	Twinpath__V1__Namespace space = TWINPATH__V1__NAMESPACE__INIT, *spaces = &space;
	Twinpath__V1__AddEndpointRequest add = TWINPATH__V1__ADD_ENDPOINT_REQUEST__INIT;

	label.key = (char *)key;
	label.value = (char *)value;
	space.name = (char *)name;
	space.label = &labels;
	space.n_label = 1;
	add.namespace_ = &spaces;
	add.n_namespace_ = 1;
	done(OPERATION(ADD_ENDPOINT), &add, NULL);
}

static void policy_apply(const char *name, const char *text, const char *error)
{
	Twinpath__V1__PolicyDocument document = TWINPATH__V1__POLICY_DOCUMENT__INIT;
	Twinpath__V1__PolicyDocument *documents = &document;
	Twinpath__V1__ApplyPolicyRequest apply = TWINPATH__V1__APPLY_POLICY_REQUEST__INIT;

	document.name = (char *)name;
	document.text = (char *)text;
	apply.document = &documents;
	apply.n_document = 1;
	done(OPERATION(APPLY_POLICY), &apply, error);
}

static void policy_delete(const char *name)
{
	Twinpath__V1__DeletePolicyRequest delete = TWINPATH__V1__DELETE_POLICY_REQUEST__INIT;

	delete.name = (char **)&name;
	delete.n_name = 1;
	done(OPERATION(DELETE_POLICY), &delete, NULL);
}

static size_t rows(enum twp_table_id id)
{
	assert_int_equal(fake.side[0].image.table[id].count, fake.side[1].image.table[id].count);
	return fake.side[0].image.table[id].count;
}

static uint32_t prefix_identity(size_t row)
{
	const struct twp_prefix_value *value =
		twp_row_value(&fake.side[0].image, TWP_TABLE_PREFIX4, row);

	return value->identity;
}

#define KUBERNETES(spec)                                                              \
	"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, " \
	"namespace: shop}\nspec: {" spec "}\n"

static void identities_of_prefixes_are_kept(void **state)
{
	uint32_t identity;

	(void)state;
	endpoint_add("shop/a", "shop", 1, 80);
	policy_apply("one", "endpointSelector: {}\ningress: [{fromCIDR: [192.0.2.0/24]}]\n", NULL);
	assert_int_equal(rows(TWP_TABLE_PREFIX4), 1);
	identity = prefix_identity(0);
	assert_true(identity > TWP_IDENTITY_PREFIX);
	policy_apply("two", "endpointSelector: {}\ningress: [{fromCIDR: [192.0.2.0/28]}]\n", NULL);
	assert_int_equal(rows(TWP_TABLE_PREFIX4), 2);
	daemon_restart();
	policy_delete("one");
	assert_int_equal(rows(TWP_TABLE_PREFIX4), 1);
	assert_int_equal(prefix_identity(0), identity + 1);
	/* A number is not given again soon. */
	policy_apply("one", "endpointSelector: {}\ningress: [{fromCIDR: [192.0.2.0/24]}]\n", NULL);
	assert_true(prefix_identity(0) > identity + 1 || prefix_identity(1) > identity + 1);
	daemon_restart();
}

/* An address that an ipBlock tells from others is known by its endpoint's name. */
static void blocks_of_endpoints(void **state)
{
	const struct twp_host_value *one, *two;

	(void)state;
	endpoint_add("shop/a", "shop", 1, 80);
	endpoint_add("shop/b", "shop", 200, 80);
	policy_apply("p", KUBERNETES("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/25}}]}]"), NULL);
	assert_int_equal(rows(TWP_TABLE_HOST4), 3);
	one = twp_row_value(&fake.side[0].image, TWP_TABLE_HOST4, 1);
	two = twp_row_value(&fake.side[0].image, TWP_TABLE_HOST4, 2);
	assert_int_not_equal(one->identity, two->identity);
	assert_string_equal(twp_state_identity(&daemon_.state, one->identity)->name, "shop/a");
	assert_non_null(twp_state_identity(&daemon_.state, two->identity));
	daemon_restart();
	policy_delete("p");
	one = twp_row_value(&fake.side[0].image, TWP_TABLE_HOST4, 1);
	two = twp_row_value(&fake.side[0].image, TWP_TABLE_HOST4, 2);
	assert_int_equal(one->identity, two->identity);
}

/* What events and answers call an identity: its labels, each before a comma. */
static const char *called(uint32_t identity)
{
	static char text[256];
	Twinpath__V1__Label **label = NULL;
	size_t count;

	*text = '\0';
	assert_int_equal(twp_answer_labels(&daemon_.state, identity, &label, &count), 0);
	for (size_t i = 0; i < count; i++) {
		strcat(strcat(text, label[i]->key), ",");
		twinpath__v1__label__free_unpacked(label[i], NULL);
	}
	free(label);
	return text;
}

static void prefixes_have_labels(void **state)
{
	(void)state;
	endpoint_add("shop/a", "shop", 1, 80);
	policy_apply("one",
		     "endpointSelector: {}\n"
		     "ingress: [{fromCIDRSet: [{cidr: 192.0.2.0/24, except: [192.0.2.0/28]}]}]\n",
		     NULL);
	assert_string_equal(called(prefix_identity(0)), "cidr:192.0.2.0/24,reserved:world,");
	assert_string_equal(called(prefix_identity(1)), "cidr:192.0.2.0/28,reserved:world,");
	assert_string_equal(called(TWP_IDENTITY_WORLD), "reserved:world,");
	daemon_restart();
	assert_string_equal(called(prefix_identity(1)), "cidr:192.0.2.0/28,reserved:world,");
	policy_delete("one");
	assert_string_equal(called(TWP_IDENTITY_PREFIX + 1), "");
}

static void namespaces_and_names_are_kept(void **state)
{
	(void)state;
	endpoint_add("shop/a", "shop", 1, 80);
	endpoint_add("bank/b", "bank", 2, 8080);
	policy_apply("p",
		     KUBERNETES("policyTypes: [Egress], egress: [{to: [{namespaceSelector: "
				"{matchLabels: {team: blue}}}], ports: [{port: http}]}]"),
		     NULL);
	assert_int_equal(rows(TWP_TABLE_RULES), 0);
	namespace_add("bank", "team", "blue");
	assert_int_equal(rows(TWP_TABLE_RULES), 1);
	daemon_restart();
	namespace_add("bank", "team", "red");
	assert_int_equal(rows(TWP_TABLE_RULES), 0);
	namespace_add("shop", "team", "blue");
	/* to the endpoint of the policy's namespace: itself */
	assert_int_equal(rows(TWP_TABLE_RULES), 1);
	daemon_restart();
}

static bool enforced(size_t row)
{
	const struct twp_host_value *value =
		twp_row_value(&fake.side[0].image, TWP_TABLE_HOST4, row);

	return value->dir[TWP_INGRESS].this_peer & TWP_ENFORCED;
}

static void the_default_deny_is_kept(void **state)
{
	Twinpath__V1__SetDefaultDenyRequest set = TWINPATH__V1__SET_DEFAULT_DENY_REQUEST__INIT;

	(void)state;
	endpoint_add("shop/a", "shop", 1, 80);
	assert_false(enforced(1));
	set.enabled = true;
	done(OPERATION(SET_DEFAULT_DENY), &set, NULL);
	assert_true(enforced(1));
	/* never the host: nobody is locked out */
	assert_false(enforced(0));
	daemon_restart();
	assert_true(enforced(1));
	set.enabled = false;
	done(OPERATION(SET_DEFAULT_DENY), &set, NULL);
	assert_false(enforced(1));
}

/* What fails leaves no number behind. */
static void a_refused_policy_takes_no_identity(void **state)
{
	uint32_t before;

	(void)state;
	endpoint_add("shop/a", "shop", 1, 80);
	policy_apply("one", "endpointSelector: {}\ningress: [{fromCIDR: [192.0.2.0/24]}]\n", NULL);
	before = twp_numbers_highest(daemon_.state.prefixes);
	daemon_.program.sizes.size[TWP_TABLE_PREFIX4] = 1;
	policy_apply("two", "endpointSelector: {}\ningress: [{fromCIDR: [192.0.2.0/28]}]\n",
		     "table prefix4 needs 2 entries and has room for 1");
	assert_int_equal(twp_numbers_highest(daemon_.state.prefixes), before);
	assert_int_equal(rows(TWP_TABLE_PREFIX4), 1);
	policy_apply("three", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n",
		     "an endpoint or a namespace is no policy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(identities_of_prefixes_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(blocks_of_endpoints, setup, teardown),
		cmocka_unit_test_setup_teardown(prefixes_have_labels, setup, teardown),
		cmocka_unit_test_setup_teardown(namespaces_and_names_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(the_default_deny_is_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refused_policy_takes_no_identity, setup,
						teardown),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	options.state = folder;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	state_remove();
	rmdir(folder);
	return failed;
}
