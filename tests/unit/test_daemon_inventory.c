// SPDX-License-Identifier: GPL-2.0-only
/* The daemon and its inventory: audit mode of endpoints and of selectors, namespaces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon_run.h"

/* @name: of an endpoint, or NULL for @selector. */
static void audit_set(const char *name, const char *selector, bool enabled, const char *error)
{
	Twinpath__V1__SetAuditRequest set = TWINPATH__V1__SET_AUDIT_REQUEST__INIT;

	set.name = (char **)&name;
	set.n_name = name != NULL;
	set.selector = (char *)(selector ? selector : "");
	set.enabled = enabled;
	daemon_do(OPERATION(SET_AUDIT), &set, error);
}

/* What the kernel holds of address 10.0.0.@last. */
static bool audits(uint8_t last)
{
	const uint8_t address[4] = { 10, 0, 0, last };
	const struct twp_host_value *value =
		twp_image_find(&fake.side[1].image, TWP_TABLE_HOST4, address);

	assert_non_null(value);
	return value->dir[TWP_INGRESS].this_peer & TWP_AUDIT;
}

static const char deny_all[] = "endpointSelector: {}\ningress: [{}]\n";

static void load(void)
{
	policy_apply("p", deny_all, NULL);
	endpoint_add("a", "web", 1, NULL, NULL);
	endpoint_add("b", "db", 2, NULL, NULL);
	pod_add("shop/c", "shop", 3, 80);
}

static void one_endpoint_is_audited(void **state)
{
	(void)state;
	load();
	audit_set("a", NULL, true, NULL);
	assert_true(audits(1));
	assert_false(audits(2));
	daemon_restart_unseen();
	assert_true(audits(1));
	/* A change of somebody else leaves it. */
	endpoint_add("d", "web", 4, NULL, NULL);
	assert_true(audits(1));
	assert_false(audits(4));
	audit_set("zz", NULL, true, "there is no endpoint zz");
	audit_set("a", NULL, false, NULL);
	assert_false(audits(1));
	audit_set("a", "app=web", true, "not both");
	audit_set(NULL, NULL, true, "a selector is empty");
}

static void a_selector_holds_for_who_comes_later(void **state)
{
	(void)state;
	load();
	audit_set(NULL, "app in (web, cart)", true, NULL);
	assert_true(audits(1));
	assert_false(audits(2));
	endpoint_add("d", "cart", 4, NULL, NULL);
	endpoint_add("e", "db", 5, NULL, NULL);
	assert_true(audits(4));
	assert_false(audits(5));
	daemon_restart_unseen();
	assert_true(audits(1));
	endpoint_add("f", "web", 6, NULL, NULL);
	assert_true(audits(6));
	/* Labels that change end it. */
	endpoint_add("d", "db", 4, NULL, NULL);
	assert_false(audits(4));
	/* Nobody takes one out of it alone: it would not be enforced. */
	audit_set("a", NULL, false,
		  "endpoint a stays in audit mode, since selector "
		  "'app in (cart,web)' selects it: turn that off");
	assert_true(audits(1));
	/* Another spelling of the same. */
	audit_set(NULL, "app in (cart)", false, "there is no audit selector app=cart");
	audit_set(NULL, "app in (cart,web)", false, NULL);
	assert_false(audits(1));
	assert_false(audits(6));
	daemon_restart_unseen();
	assert_false(audits(1));
}

static void selector_and_endpoint_are_two_things(void **state)
{
	(void)state;
	load();
	audit_set("a", NULL, true, NULL);
	audit_set(NULL, "app", true, NULL);
	assert_true(audits(1) && audits(2));
	assert_false(audits(3));
	audit_set(NULL, "app", false, NULL);
	assert_true(audits(1));
	assert_false(audits(2));
	audit_set(NULL, "io.kubernetes.pod.namespace=shop", true, NULL);
	assert_false(audits(2));
	assert_true(audits(3));
	/* Everybody is in some namespace, and nobody by a label of his own. */
	audit_set(NULL, "io.kubernetes.pod.namespace=shop", false, NULL);
	audit_set(NULL, "io.kubernetes.pod.namespace!=shop", true, NULL);
	assert_true(audits(2));
	assert_false(audits(3));
}

static void namespace_delete(const char *name, const char *error)
{
	Twinpath__V1__DeleteNamespaceRequest del = TWINPATH__V1__DELETE_NAMESPACE_REQUEST__INIT;

	del.name = (char **)&name;
	del.n_name = 1;
	daemon_do(OPERATION(DELETE_NAMESPACE), &del, error);
}

#define OF_NAMESPACE "io.cilium.k8s.namespace.labels."

/* An endpoint with one label of its own. */
static void forger_add(const char *key, const char *value)
{
	Twinpath__V1__AddEndpointRequest add = TWINPATH__V1__ADD_ENDPOINT_REQUEST__INIT;
	Twinpath__V1__Endpoint endpoint = TWINPATH__V1__ENDPOINT__INIT, *endpoints = &endpoint;
	Twinpath__V1__Label label = TWINPATH__V1__LABEL__INIT, *labels = &label;
	uint8_t bytes[4] = { 10, 0, 0, 9 };
	ProtobufCBinaryData address = { .len = 4, .data = bytes };

	label.key = (char *)key;
	label.value = (char *)value;
	endpoint.name = (char *)"forger";
	endpoint.namespace_ = (char *)"bank";
	endpoint.label = &labels;
	endpoint.n_label = 1;
	endpoint.address = &address;
	endpoint.n_address = 1;
	add.endpoint = &endpoints;
	add.n_endpoint = 1;
	daemon_do(OPERATION(ADD_ENDPOINT), &add, NULL);
}

/* As policies see them: those of the namespace count, and its forgeries do not. */
static void labels_of_namespaces_are_audited(void **state)
{
	Twinpath__V1__StatusRequest ask = TWINPATH__V1__STATUS_REQUEST__INIT;
	Twinpath__V1__Response *response;

	(void)state;
	load();
	forger_add(OF_NAMESPACE "team", "blue");
	audit_set(NULL, OF_NAMESPACE "team=blue", true, NULL);
	assert_false(audits(3));
	assert_false(audits(9));
	namespace_add("shop", "team", "blue");
	assert_true(audits(3));
	assert_false(audits(9));
	daemon_restart_unseen();
	assert_true(audits(3));
	/* With a change of the endpoint itself, and for who comes later. */
	pod_add("shop/d", "shop", 4, 80);
	assert_true(audits(4));
	response = daemon_get(OPERATION(STATUS), &ask);
	assert_int_equal(response->status->audit_selector[0]->endpoints, 2);
	twinpath__v1__response__free_unpacked(response, NULL);
	audit_set("shop/c", NULL, false, "stays in audit mode");
	namespace_add("shop", "team", "red");
	assert_false(audits(3) || audits(4));
	namespace_add("shop", "team", "blue");
	assert_true(audits(3) && audits(4));
	namespace_delete("shop", NULL);
	assert_false(audits(3) || audits(4));
	daemon_restart_unseen();
	audit_set(NULL, OF_NAMESPACE "kubernetes.io/metadata.name=shop", true, NULL);
	assert_true(audits(3) && audits(4));
	assert_false(audits(1));
	audit_set(NULL, "k8s:app=web", true, NULL);
	assert_true(audits(1));
}

static void audit_mode_is_listed(void **state)
{
	Twinpath__V1__StatusRequest ask = TWINPATH__V1__STATUS_REQUEST__INIT;
	Twinpath__V1__ListEndpointsRequest list = TWINPATH__V1__LIST_ENDPOINTS_REQUEST__INIT;
	Twinpath__V1__Response *response;

	(void)state;
	load();
	audit_set("b", NULL, true, NULL);
	audit_set(NULL, "app==web", true, NULL);
	audit_set(NULL, "app=web", true, NULL);
	response = daemon_get(OPERATION(STATUS), &ask);
	assert_int_equal(response->status->audited, 2);
	assert_int_equal(response->status->n_audit_selector, 1);
	assert_string_equal(response->status->audit_selector[0]->selector, "app=web");
	assert_int_equal(response->status->audit_selector[0]->endpoints, 1);
	twinpath__v1__response__free_unpacked(response, NULL);
	response = daemon_get(OPERATION(LIST_ENDPOINTS), &list);
	assert_false(response->endpoints->endpoint[0]->audit);
	assert_true(response->endpoints->endpoint[0]->audited);
	assert_true(response->endpoints->endpoint[1]->audit);
	assert_true(response->endpoints->endpoint[1]->audited);
	assert_false(response->endpoints->endpoint[2]->audited);
	twinpath__v1__response__free_unpacked(response, NULL);
}

static void a_refused_audit_changes_nothing(void **state)
{
	(void)state;
	load();
	fake.fail_commit = 1;
	audit_set(NULL, "app=web", true, "no memory for the counters");
	assert_false(audits(1));
	assert_int_equal(daemon_.state.audits, 0);
	daemon_restart();
	assert_false(audits(1));
	assert_int_equal(daemon_.state.audits, 0);
	for (int i = 0; i < TWP_AUDITS_MAX; i++) {
		char selector[16];

		snprintf(selector, sizeof(selector), "x%d", i);
		audit_set(NULL, selector, true, NULL);
	}
	audit_set(NULL, "more", true, "there are 256 audit selectors already");
	assert_int_equal(daemon_.state.audits, TWP_AUDITS_MAX);
}

static void a_namespace_has_a_name_of_kubernetes(void **state)
{
	static const char *const bad[] = { "x,,http/6/80", "a.b", "", "A" };
	Twinpath__V1__Namespace space = TWINPATH__V1__NAMESPACE__INIT, *spaces = &space;
	Twinpath__V1__AddEndpointRequest add = TWINPATH__V1__ADD_ENDPOINT_REQUEST__INIT;

	(void)state;
	add.namespace_ = &spaces;
	add.n_namespace_ = 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		space.name = (char *)bad[i];
		daemon_do(OPERATION(ADD_ENDPOINT), &add,
			  "the name of a namespace is of at most 63 lower-case letters");
		pod_change("a", *bad[i] ? bad[i] : "a/b", 1, 80,
			   "the name of a namespace is of at most 63 lower-case letters");
	}
	assert_int_equal(daemon_.state.namespaces + daemon_.state.endpoints, 0);
}

/* @http: a named port of it; 0: none. */
static void host_add(const char *name, uint8_t last, uint32_t http, bool audit, const char *error)
{
	Twinpath__V1__Label label = TWINPATH__V1__LABEL__INIT, *labels = &label;
	Twinpath__V1__NamedPort port = TWINPATH__V1__NAMED_PORT__INIT, *ports = &port;
	Twinpath__V1__Endpoint endpoint = TWINPATH__V1__ENDPOINT__INIT, *endpoints = &endpoint;
	Twinpath__V1__AddEndpointRequest add = TWINPATH__V1__ADD_ENDPOINT_REQUEST__INIT;
	ProtobufCBinaryData address = { 4, (uint8_t[]){ 10, 0, 0, last } };

	label.key = (char *)"reserved:host";
	port.name = (char *)"http";
	port.protocol = (char *)"TCP";
	port.port = http;
	endpoint.name = (char *)name;
	endpoint.label = &labels;
	endpoint.n_label = 1;
	endpoint.address = &address;
	endpoint.n_address = 1;
	endpoint.ports = &ports;
	endpoint.n_ports = http ? 1 : 0;
	endpoint.audit = audit;
	add.endpoint = &endpoints;
	add.n_endpoint = 1;
	daemon_do(OPERATION(ADD_ENDPOINT), &add, error);
}

static void there_is_one_host(void **state)
{
	(void)state;
	host_add("a", 1, 80, false, NULL);
	host_add("b", 2, 81, false, "are both reserved:host, with different named ports");
	host_add("b", 2, 80, true, "are both reserved:host, with different audit modes");
	host_add("b", 2, 80, false, NULL);
}

/* "name:endpoints:labels", with a mark behind what is not declared. */
static void assert_namespaces(const char *wanted)
{
	Twinpath__V1__ListNamespacesRequest list = TWINPATH__V1__LIST_NAMESPACES_REQUEST__INIT;
	Twinpath__V1__Response *response = daemon_get(OPERATION(LIST_NAMESPACES), &list);
	char text[256] = "";
	size_t length = 0;

	for (size_t i = 0; i < response->namespaces->n_namespace_; i++) {
		const Twinpath__V1__Namespace *space = response->namespaces->namespace_[i];

		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s:%u:%zu%s ",
					   space->name, space->endpoints, space->n_label,
					   space->declared ? "" : "?");
	}
	twinpath__v1__response__free_unpacked(response, NULL);
	assert_string_equal(text, wanted);
}

static const char from_blue[] =
	"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: "
	"shop}\nspec: {ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]}\n";
static const char from_bank[] =
	"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: q, namespace: "
	"shop}\nspec: {ingress: [{from: [{namespaceSelector: {matchLabels: "
	"{kubernetes.io/metadata.name: bank}}}]}]}\n";

static void a_namespace_is_forgotten_but_for_its_name(void **state)
{
	(void)state;
	pod_add("bank/a", "bank", 1, 80);
	pod_add("shop/b", "shop", 2, 80);
	endpoint_add("c", "web", 3, NULL, NULL);
	policy_apply("p", from_blue, NULL);
	assert_int_equal(table_rows(TWP_TABLE_RULES), 1); /* itself */
	namespace_add("bank", "team", "blue");
	namespace_add("empty", "team", "blue");
	assert_int_equal(table_rows(TWP_TABLE_RULES), 2);
	assert_namespaces("bank:1:1 default:1:0? empty:0:1 shop:1:0? ");
	namespace_delete("nobody", "there is no namespace nobody");
	namespace_delete("shop", "there is no namespace shop");
	namespace_delete("bank", NULL);
	assert_int_equal(table_rows(TWP_TABLE_RULES), 1);
	/* The endpoint is there, and its namespace has its name. */
	policy_apply("q", from_bank, NULL);
	assert_int_equal(table_rows(TWP_TABLE_RULES), 2);
	assert_namespaces("bank:1:0? default:1:0? empty:0:1 shop:1:0? ");
	daemon_restart_unseen();
	assert_namespaces("bank:1:0? default:1:0? empty:0:1 shop:1:0? ");
	assert_non_null(twp_state_endpoint(&daemon_.state, "bank/a"));
	namespace_delete("empty", NULL);
	assert_namespaces("bank:1:0? default:1:0? shop:1:0? ");
	daemon_restart_unseen();
	assert_namespaces("bank:1:0? default:1:0? shop:1:0? ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_CASE(one_endpoint_is_audited),
		DAEMON_CASE(a_selector_holds_for_who_comes_later),
		DAEMON_CASE(selector_and_endpoint_are_two_things),
		DAEMON_CASE(labels_of_namespaces_are_audited),
		DAEMON_CASE(audit_mode_is_listed),
		DAEMON_CASE(a_refused_audit_changes_nothing),
		DAEMON_CASE(a_namespace_is_forgotten_but_for_its_name),
		DAEMON_CASE(a_namespace_has_a_name_of_kubernetes),
		DAEMON_CASE(there_is_one_host),
	};

	return cmocka_run_group_tests(tests, daemon_group_setup, daemon_group_teardown);
}
