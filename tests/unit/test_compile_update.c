// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of userspace/policy/compile_update.c: which entries a change writes, and that it
 * writes no other: each image is also what compiling all gives. test_daemon_update.c does
 * that with random changes of all kinds.
 */
#include "model.h"

enum { APPS = 20, ENDPOINTS = 60 };

static struct model m;
static struct twp_compiled *kept;

/* What the last change came to. */
static struct {
	size_t added[TWP_TABLE_COUNT], removed[TWP_TABLE_COUNT], changed[TWP_TABLE_COUNT];
	bool others; /* among the identities that the compiler gives */
	size_t strange; /* rows of rules that are not about the identity */
} came;

/* The policy of an app: the next app at one port, a prefix at another. */
static void policy_add(unsigned int app, unsigned int port)
{
	char name[16], text[400];

	snprintf(name, sizeof(name), "p%u", app);
	snprintf(text, sizeof(text),
		 "endpointSelector: {matchLabels: {app: a%u}}\n"
		 "ingress:\n"
		 "- fromEndpoints: [{matchLabels: {app: a%u}}]\n"
		 "  toPorts: [{ports: [{port: %u, protocol: TCP}]}]\n"
		 "- fromCIDR: [192.0.2.0/24]\n"
		 "  toPorts: [{ports: [{port: 443, protocol: TCP}]}]\n",
		 app, (app + 1) % APPS, port);
	model_policy(&m, name, text);
}

static void endpoint_add(unsigned int number, const char *labels)
{
	char name[16], addresses[64];

	snprintf(name, sizeof(name), "e%u", number);
	snprintf(addresses, sizeof(addresses), "10.0.0.%u fd00::%x", number + 1, number + 1);
	model_endpoint(&m, name, labels, addresses);
}

static struct twp_compiled *compile(const struct twp_compile_change *change,
				    const struct twp_sizes *sizes, struct twp_error *error)
{
	struct twp_compile_input input = model_input(&m);
	struct twp_identity_log log = { 0 };
	struct twp_compiled *made;

	input.log = &log;
	made = twp_compile_next(kept, &input, change, sizes, error);
	came.others = made && !log.same;
	twp_identity_log_clean(&log);
	return made;
}

static void rows_look(const struct twp_table_diff *rules, uint32_t identity)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct twp_rule_key *key = rules->change[i].key;

		came.strange += key->subject >> 1 != identity && key->peer != identity;
	}
}

static void full_compare(const struct twp_image *image)
{
	struct twp_image full;

	model_compile(&m, &full);
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		assert_int_equal(image->table[id].count, full.table[id].count);
		if (full.table[id].count)
			assert_memory_equal(image->table[id].rows, full.table[id].rows,
					    full.table[id].count * twp_row_size(id));
	}
	twp_image_clean(&full);
}

/* Compiles the change; @identity is the one that it is about. */
static void step(const struct twp_compile_change *change, uint32_t identity)
{
	struct twp_error error = { "" };
	struct twp_compiled *made = compile(change, &twp_sizes_default, &error);
	bool others = came.others;
	struct twp_diff diff;

	if (!made)
		fail_msg("%s", error.text);
	assert_true(twp_compiled_is_update(made));
	full_compare(twp_compiled_image(made));
	assert_int_equal(twp_diff_make(&diff, twp_compiled_image(kept), twp_compiled_image(made)),
			 0);
	memset(&came, 0, sizeof(came));
	came.others = others;
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		came.added[id] = diff.table[id].added;
		came.removed[id] = diff.table[id].removed;
		came.changed[id] = diff.table[id].changed;
		if (id != TWP_TABLE_RULES && id != TWP_TABLE_HOST4 && id != TWP_TABLE_HOST6)
			assert_int_equal(diff.table[id].count, 0);
	}
	rows_look(&diff.table[TWP_TABLE_RULES], identity);
	twp_diff_clean(&diff);
	twp_compiled_free(kept);
	kept = made;
}

/* The endpoint gets other labels. Return: the identity that it has then. */
static uint32_t relabel(unsigned int number, const char *labels, bool about_old)
{
	struct twp_endpoint gone = m.endpoint[number], *fresh = &m.endpoint[number];
	struct twp_compile_change change = { .gone = &gone, .gones = 1, .freshes = 1 };
	uint32_t identity;

	endpoint_add(number, labels);
	fresh = &m.endpoint[number];
	*fresh = m.endpoint[--m.endpoints];
	change.fresh = fresh;
	identity = fresh->identity;
	step(&change, about_old ? gone.identity : identity);
	/* No prefix came or went, and no address is told from others. */
	assert_false(came.others);
	/* One row for each of its addresses, and nobody else's. */
	for (enum twp_table_id id = TWP_TABLE_HOST4; id <= TWP_TABLE_HOST6; id++) {
		assert_int_equal(came.changed[id], 1);
		assert_int_equal(came.added[id] + came.removed[id], 0);
	}
	twp_endpoint_clean(&gone);
	return identity;
}

/* All, and nothing is kept from before. */
static void begin(void)
{
	struct twp_error error = { "" };

	twp_compiled_free(kept);
	kept = NULL;
	kept = compile(NULL, &twp_sizes_default, &error);
	if (!kept)
		fail_msg("%s", error.text);
	assert_false(twp_compiled_is_update(kept));
}

static int setup(void **state)
{
	char labels[32];

	(void)state;
	model_init(&m);
	for (unsigned int i = 0; i < ENDPOINTS; i++) {
		snprintf(labels, sizeof(labels), "app=a%u tier=%u", i % APPS, i / APPS % 2);
		endpoint_add(i, labels);
	}
	for (unsigned int i = 0; i < APPS; i++)
		policy_add(i, 80);
	begin();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	twp_compiled_free(kept);
	kept = NULL;
	model_clean(&m);
	return 0;
}

static void labels_that_others_have(void **state)
{
	(void)state;
	relabel(0, "app=a7 tier=0", false);
	assert_int_equal(came.added[TWP_TABLE_RULES] + came.removed[TWP_TABLE_RULES] +
				 came.changed[TWP_TABLE_RULES],
			 0);
}

static void labels_that_nobody_has(void **state)
{
	uint32_t identity;

	(void)state;
	/* Its own: from two sets of the next app, and from the prefix; and it, to two sets. */
	identity = relabel(0, "app=a7 tier=new", false);
	assert_int_equal(came.added[TWP_TABLE_RULES], 2 + 1 + 2);
	assert_int_equal(came.removed[TWP_TABLE_RULES] + came.changed[TWP_TABLE_RULES], 0);
	assert_int_equal(came.strange, 0);
	/* The same again, the other way: nobody has the set any more. */
	assert_int_not_equal(relabel(0, "app=a0 tier=0", true), identity);
	assert_int_equal(came.removed[TWP_TABLE_RULES], 2 + 1 + 2);
	assert_int_equal(came.added[TWP_TABLE_RULES] + came.changed[TWP_TABLE_RULES], 0);
	assert_int_equal(came.strange, 0);
}

/* The last endpoint of the model goes. */
static void last_goes(void)
{
	struct twp_endpoint gone = m.endpoint[--m.endpoints];
	struct twp_compile_change change = { .gone = &gone, .gones = 1 };

	step(&change, gone.identity);
	twp_endpoint_clean(&gone);
}

static void last_came(void)
{
	struct twp_compile_change change = {
		.fresh = &m.endpoint[m.endpoints - 1],
		.freshes = 1,
	};

	step(&change, change.fresh->identity);
}

static void an_endpoint_comes_and_goes(void **state)
{
	(void)state;
	endpoint_add(ENDPOINTS, "app=a3 tier=1");
	last_came();
	assert_int_equal(came.added[TWP_TABLE_HOST4] + came.added[TWP_TABLE_HOST6], 2);
	last_goes();
	assert_int_equal(came.removed[TWP_TABLE_HOST4] + came.removed[TWP_TABLE_HOST6], 2);
	assert_int_equal(came.added[TWP_TABLE_HOST4] + came.changed[TWP_TABLE_HOST4], 0);
}

static void a_policy_that_says_another_port(void **state)
{
	struct twp_policy gone = m.policy[5];
	struct twp_compile_change change = {
		.gone_policy = &gone,
		.gone_policies = 1,
		.fresh_policies = 1,
	};

	(void)state;
	policy_add(5, 81);
	m.policy[5] = m.policy[--m.policies];
	change.fresh_policy = &m.policy[5];
	/* As the daemon does: a rule of the same place keeps its number. */
	for (size_t i = 0; i < 2; i++)
		m.policy[5].spec[0].rule[i].number = gone.spec[0].rule[i].number;
	step(&change, 0);
	/* Two subjects, each from two sets of the next app. */
	assert_int_equal(came.added[TWP_TABLE_RULES], 4);
	assert_int_equal(came.removed[TWP_TABLE_RULES], 4);
	assert_int_equal(came.changed[TWP_TABLE_RULES], 0);
	assert_int_equal(came.changed[TWP_TABLE_HOST4] + came.changed[TWP_TABLE_HOST6], 0);
	twp_policy_clean(&gone);
}

/* Nobody isolates the subject: it is enforced, with all allowed, while it has a rule's row. */
static void a_default_that_depends_on_rows(void **state)
{
	(void)state;
	endpoint_add(100, "app=open");
	model_policy(&m, "open",
		     "endpointSelector: {matchLabels: {app: open}}\n"
		     "ingressDeny: [{fromEndpoints: [{matchLabels: {app: peer}}]}]\n"
		     "enableDefaultDeny: {ingress: false}\n");
	begin();
	endpoint_add(101, "app=peer");
	last_came();
	assert_int_equal(came.added[TWP_TABLE_RULES], 2);
	assert_int_equal(came.changed[TWP_TABLE_HOST4], 1);
	last_goes();
	assert_int_equal(came.removed[TWP_TABLE_RULES], 2);
	assert_int_equal(came.changed[TWP_TABLE_HOST4], 1);
}

/* Two of its addresses are told apart by a block; a third one comes that is in another. */
static void an_endpoint_that_reaches_itself(void **state)
{
	static const char policy[] =
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\n"
		"spec: {podSelector: {matchLabels: {app: many}}, ingress: [{from: [{ipBlock: "
		"{cidr: 10.1.0.0/16, except: [10.1.1.0/24]}}]}]}\n";
	struct twp_compile_change change = { .gones = 1, .freshes = 1 };
	struct twp_endpoint gone;

	(void)state;
	model_policy(&m, "block", policy);
	model_endpoint(&m, "many", "app=many", "10.1.0.1 10.2.0.1");
	begin();
	gone = m.endpoint[--m.endpoints];
	model_endpoint(&m, "many", "app=many", "10.1.0.1 10.2.0.1 10.1.1.1");
	change.gone = &gone;
	change.fresh = &m.endpoint[m.endpoints - 1];
	step(&change, 0);
	assert_true(came.others);
	assert_int_equal(came.added[TWP_TABLE_HOST4], 1);
	/* It is let in by two; two and itself by it; the host; and what else is in the block. */
	assert_int_equal(came.added[TWP_TABLE_RULES], 2 + 3 + 1 + 1);
	twp_endpoint_clean(&gone);
}

/* What is refused changes nothing: the next change begins where the last one ended. */
static void a_refused_change(void **state)
{
	struct twp_compile_change change = { .freshes = 1 };
	struct twp_sizes sizes = twp_sizes_default;
	struct twp_error error = { "" };

	(void)state;
	sizes.size[TWP_TABLE_HOST4] = ENDPOINTS + 1;
	endpoint_add(ENDPOINTS, "app=a3 tier=new");
	change.fresh = &m.endpoint[ENDPOINTS];
	assert_null(compile(&change, &sizes, &error));
	assert_string_equal(error.text, "table host4 needs 62 entries and has room for 61");
	step(&change, m.endpoint[ENDPOINTS].identity);
	assert_int_equal(came.added[TWP_TABLE_RULES], 2 + 1 + 2);
	assert_int_equal(came.strange, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(labels_that_others_have, setup, teardown),
		cmocka_unit_test_setup_teardown(labels_that_nobody_has, setup, teardown),
		cmocka_unit_test_setup_teardown(an_endpoint_comes_and_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_policy_that_says_another_port, setup, teardown),
		cmocka_unit_test_setup_teardown(a_default_that_depends_on_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(an_endpoint_that_reaches_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refused_change, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
