// SPDX-License-Identifier: GPL-2.0-only
/* Tests of userspace/policy/policy.c. */
#include "model.h"

static void addresses(void **state)
{
	struct twp_address four, six;
	char text[INET6_ADDRSTRLEN];

	(void)state;
	assert_int_equal(twp_address_parse(&four, "10.1.2.3"), 0);
	assert_int_equal(four.family, TWP_FAMILY_IPV4);
	assert_memory_equal(four.bytes, "\x0a\1\2\3\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(twp_address_length(&four), 4);
	assert_string_equal(twp_address_text(&four, text), "10.1.2.3");
	assert_int_equal(twp_address_parse(&six, "FD00:0::1"), 0);
	assert_int_equal(twp_address_length(&six), 16);
	assert_string_equal(twp_address_text(&six, text), "fd00::1");
	assert_true(twp_address_compare(&four, &six) < 0);
	assert_int_equal(twp_address_compare(&six, &six), 0);

	assert_int_equal(twp_address_parse(&four, "10.1.2"), -1);
	assert_int_equal(twp_address_parse(&four, "10.1.2.3/32"), -1);
	assert_int_equal(twp_address_parse(&four, ""), -1);
	assert_int_equal(twp_address_set(&four, text, 5), -1);
	assert_string_equal(twp_address_text(&four, text), "10.1.2.3");
}

/* What twp_endpoint_check() says of an endpoint; "" if it is good. */
static const char *check(const char *name, const char *labels, const char *addresses,
			 const char *bridge_port)
{
	static struct twp_error error;
	struct model m;
	int result;

	model_init(&m);
	model_endpoint(&m, name, labels, addresses);
	m.endpoint[0].bridge_port = bridge_port ? strdup(bridge_port) : NULL;
	error.text[0] = '\0';
	result = twp_endpoint_check(&m.endpoint[0], &error);
	model_clean(&m);
	assert_int_equal(result, error.text[0] ? -1 : 0);
	return error.text;
}

static void endpoints(void **state)
{
	char name[TWP_ENDPOINT_NAME_MAX + 2];

	(void)state;
	assert_string_equal(check("web", "app=web", "10.0.0.1 fd00::1", "veth0"), "");
	assert_string_equal(check("web", "", "10.0.0.1", NULL), "");
	assert_string_equal(check("node", "reserved:host", "", NULL), "");
	assert_string_equal(check("node", "reserved:host a=b", "10.0.0.1", NULL), "");
	assert_string_equal(check("", "", "10.0.0.1", NULL), "an endpoint needs a name");
	assert_string_equal(check("a\n", "", "10.0.0.1", NULL),
			    "the name of an endpoint holds byte 0x0a, which is not a printable "
			    "ASCII character");
	assert_string_equal(check("web", "app=web", "", NULL), "endpoint web has no address");
	assert_string_equal(check("web", "reserved:world", "10.0.0.1", NULL),
			    "endpoint web: label \"reserved:world\" is reserved, and none that "
			    "an endpoint may have");
	assert_string_equal(check("web", "reserved:host=x", "10.0.0.1", NULL),
			    "endpoint web: label reserved:host has no value");
	assert_string_equal(check("web", "", "10.0.0.1 fd00::1 10.0.0.1", NULL),
			    "endpoint web has address 10.0.0.1 twice");
	memset(name, 'n', sizeof(name));
	name[TWP_ENDPOINT_NAME_MAX + 1] = '\0';
	assert_string_equal(check(name, "", "10.0.0.1", NULL),
			    "the name of an endpoint is longer than 253 bytes");
	name[TWP_ENDPOINT_NAME_MAX] = '\0';
	assert_string_equal(check(name, "", "10.0.0.1", NULL), "");
	assert_string_equal(check("web", "", "10.0.0.1", "sixteen-letters."),
			    "endpoint web: the bridge port is not an interface name");
	assert_string_equal(check("web", "", "10.0.0.1", "a/b"),
			    "endpoint web: the bridge port is not an interface name");
}

static void endpoint_namespaces(void **state)
{
	static const char *const bad[] = { "x,,http/6/80", "a.b", "A", "-a", "a b" };
	struct twp_address address = { TWP_FAMILY_IPV4, { 10, 0, 0, 1 } };
	struct twp_endpoint endpoint = {
		.name = (char[]){ "web" },
		.address = &address,
		.addresses = 1,
	};
	struct twp_error error;
	char longest[65] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		endpoint.namespace = (char *)bad[i];
		assert_int_equal(twp_endpoint_check(&endpoint, &error), -1);
		assert_string_equal(error.text,
				    "endpoint web: the name of a namespace is of at most 63 "
				    "lower-case letters, digits and dashes");
	}
	endpoint.namespace = memset(longest, 'n', 64);
	assert_int_equal(twp_endpoint_check(&endpoint, &error), -1);
	longest[63] = '\0';
	assert_int_equal(twp_endpoint_check(&endpoint, &error), 0);
}

static char *identity_text(const char *namespace, const char *port)
{
	struct twp_endpoint endpoint = { .namespace = (char *)namespace };
	struct twp_error error;
	char *text;

	if (port)
		assert_int_equal(twp_endpoint_add_port(&endpoint, port, 6, 80, &error), 0);
	endpoint.namespace = (char *)namespace;
	text = twp_endpoint_identity_text(&endpoint);
	endpoint.namespace = NULL;
	twp_endpoint_clean(&endpoint);
	assert_non_null(text);
	return text;
}

/* What rules can tell apart has texts that differ, whatever the names are. */
static void identities_differ(void **state)
{
	static const char *const pairs[][4] = {
		{ "x,,http/6/80", NULL, "x", "http" },	   { "x,", "http", "x", ",http" },
		{ "x,,a", "http", "x", "a,,http" },	   { "x", "a/6/80,,b", "x,,a/6/80", "b" },
		{ "x\\", "http", "x\\,,http/6/80", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char *one = identity_text(pairs[i][0], pairs[i][1]);
		char *two = identity_text(pairs[i][2], pairs[i][3]);

		assert_string_not_equal(one, two);
		free(one);
		free(two);
	}
}

static void endpoint_addresses(void **state)
{
	static const char *const bad[][2] = {
		{ "0.0.0.0", "unspecified" },
		{ "::", "unspecified" },
		{ "127.0.0.1", "a loopback address" },
		{ "127.255.0.1", "a loopback address" },
		{ "::1", "a loopback address" },
		{ "224.0.0.1", "a multicast or broadcast address" },
		{ "239.255.255.255", "a multicast or broadcast address" },
		{ "255.255.255.255", "a multicast or broadcast address" },
		{ "ff02::1", "a multicast address" },
		{ "::ffff:10.0.0.1", "an IPv4 address; write it as one" },
	};
	struct twp_address address[17];
	struct twp_endpoint endpoint = { .name = (char[]){ "web" }, .address = address };
	struct twp_error error;
	char sentence[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(sentence, sizeof(sentence), "endpoint web: address %s is %s", bad[i][0],
			 bad[i][1]);
		assert_string_equal(check("web", "", bad[i][0], NULL), sentence);
	}
	for (uint8_t i = 0; i < 17; i++)
		twp_address_set(&address[i], (uint8_t[]){ 10, 0, 0, i }, 4);
	endpoint.addresses = 16;
	assert_int_equal(twp_endpoint_check(&endpoint, &error), 0);
	endpoint.addresses = 17;
	assert_int_equal(twp_endpoint_check(&endpoint, &error), -1);
	assert_string_equal(error.text, "endpoint web has 17 addresses, and 16 are the most");
}

/* Several endpoints may stand for the host, and say the same of it. */
static void there_is_one_host(void **state)
{
#define HOST "labels: {'reserved:host': '', x: y}"
	static const char first[] = "- {name: a, addresses: [10.0.0.1], " HOST
				    ", ports: [{name: ssh, port: 22}]}\n";
	static const char *const more[][2] = {
		{ HOST ", ports: [{name: ssh, port: 22}]", NULL },
		{ "labels: {'reserved:host': ''}, ports: [{name: ssh, port: 22}]", "labels" },
		{ HOST, "named ports" },
		{ HOST ", ports: [{name: ssh, port: 23}]", "named ports" },
		{ HOST ", ports: [{name: ssh, port: 22}], audit: true", "audit modes" },
		{ HOST ", ports: [{name: ssh, port: 22}], namespace: n", "namespaces" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		const char *differ = more[i][1];
		struct twp_inventory inventory = { 0 };
		struct twp_errors errors = { 0 };
		struct twp_error error;
		char text[512], wanted[64];

		snprintf(text, sizeof(text), "%s- {name: b, addresses: [10.0.0.2], %s}\n", first,
			 more[i][0]);
		assert_int_equal(twp_inventory_read(&inventory, "f", text, strlen(text), &error),
				 0);
		assert_int_equal(twp_inventory_seal(&inventory, &errors), differ ? -1 : 0);
		assert_int_equal(errors.count, differ ? 1 : 0);
		snprintf(wanted, sizeof(wanted), "are both reserved:host, with different %s;",
			 differ ?: "");
		if (differ && !strstr(errors.text[0], wanted))
			fail_msg("%s", errors.text[0]);
		twp_errors_clean(&errors);
		twp_inventory_clean(&inventory);
	}
}

static void rules_have_names(void **state)
{
	struct twp_spec spec[3] = { [2] = { .number = 2 } };
	struct twp_policy policy = { .spec = spec, .specs = 1 };
	struct twp_rule rule = { .section = TWP_SECTION_EGRESS_DENY, .index = 4, .spec = 2 };
	char text[TWP_RULE_TEXT];

	(void)state;
	assert_string_equal(twp_rule_text(&policy, &rule, text), "egressDeny[4]");
	policy.specs = 3;
	assert_string_equal(twp_rule_text(&policy, &rule, text), "[2].egressDeny[4]");
	spec[2].object = (char[]){ "CiliumNetworkPolicy shop/web" };
	assert_string_equal(twp_rule_text(&policy, &rule, text),
			    "CiliumNetworkPolicy shop/web egressDeny[4]");
	spec[2].listed = true;
	assert_string_equal(twp_rule_text(&policy, &rule, text),
			    "CiliumNetworkPolicy shop/web specs[2].egressDeny[4]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),	       cmocka_unit_test(endpoints),
		cmocka_unit_test(endpoint_namespaces), cmocka_unit_test(identities_differ),
		cmocka_unit_test(there_is_one_host),   cmocka_unit_test(endpoint_addresses),
		cmocka_unit_test(rules_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
