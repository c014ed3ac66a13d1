// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of the state compiled as the daemon does it, from the last compilation:
 * after each of many random edits the image must be byte for byte what compiling all
 * gives, and the identities that are in use must be those that a full compilation
 * uses, whether edits before were committed, aborted or refused.
 *
 * GENERATED_SEED and GENERATED_EDITS in the environment change what is run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"
#include "policy/document.h"
#include "policy/memory.h"
#include "twinpathd/classes.h"
#include "twinpathd/edit.h"

enum { ENDPOINTS = 14, POLICIES = 7, EDITS_A_ROUND = 25 };

static struct text text;

/* What the edits came to. */
static struct totals {
	unsigned int edits, updates, refused, aborted, own;
} totals;

static unsigned int seed;

static unsigned int setting(const char *name, unsigned int otherwise)
{
	const char *value = getenv(name);

	return value ? (unsigned int)strtoul(value, NULL, 10) : otherwise;
}

/* ---- edits */

static void inventory_read(struct twp_inventory *inventory)
{
	struct twp_error error;

	*inventory = (struct twp_inventory){ 0 };
	if (twp_inventory_read(inventory, "inventory.yaml", text.bytes, text.length, &error))
		fail_msg("%s in\n%s", error.text, text.bytes);
}

/* The endpoint becomes what @other is, but for name and addresses. */
static void endpoint_imitate(struct twp_endpoint *endpoint, const struct twp_endpoint *other)
{
	if (!other || twp_endpoint_is_host(other))
		return;
	twp_labels_clean(&endpoint->labels);
	assert_int_equal(twp_labels_copy(&endpoint->labels, &other->labels), 0);
	free(endpoint->namespace);
	endpoint->namespace = other->namespace ? strdup(other->namespace) : NULL;
	for (size_t i = 0; i < endpoint->ports; i++)
		free(endpoint->port[i].name);
	free(endpoint->port);
	endpoint->port = NULL;
	endpoint->ports = 0;
	for (size_t i = 0; i < other->ports; i++)
		assert_int_equal(twp_endpoint_add_port(endpoint, other->port[i].name,
						       other->port[i].protocol, other->port[i].port,
						       NULL),
				 0);
}

/* Further addresses, in other prefixes: an endpoint with several of a family is told from all others. */
static void addresses_add(struct twp_endpoint *endpoint, unsigned int number)
{
	static const char *const more[] = { "10.0.0.%u", "10.128.0.%u", "192.0.2.%u",
					    "fd00::1:%u" };
	char address[32];

	endpoint->address =
		realloc(endpoint->address, TWP_ENDPOINT_ADDRESSES_MAX * sizeof(*endpoint->address));
	assert_non_null(endpoint->address);
	for (unsigned int i = 0; i < 4; i++) {
		if (pick(3))
			continue;
		snprintf(address, sizeof(address), more[i], 40 + number);
		assert_int_equal(
			twp_address_parse(&endpoint->address[endpoint->addresses++], address), 0);
	}
}

static void endpoint_vary(struct twp_endpoint *endpoint, const struct twp_state *state,
			  unsigned int number)
{
	/* The same labels with other addresses, those of another endpoint, or new ones. */
	if (pick(2))
		endpoint_imitate(endpoint, twp_state_endpoint(state, endpoint->name));
	else if (state->endpoints && pick(2))
		endpoint_imitate(endpoint, &state->endpoint[pick((unsigned int)state->endpoints)]);
	if (pick(2))
		addresses_add(endpoint, number);
	/* An address that another endpoint may have. */
	if (!pick(20) && endpoint->addresses)
		endpoint->address[0].bytes[3]++;
}

static int edit_endpoints(struct twp_edit *edit, struct twp_error *error)
{
	unsigned int count = 1 + !pick(4), first = pick(ENDPOINTS);
	struct twp_endpoint *fresh = calloc(count, sizeof(*fresh));
	struct twp_inventory inventory;

	for (unsigned int i = 0; i < count; i++) {
		generate_endpoint(&text, (first + i) % ENDPOINTS);
		inventory_read(&inventory);
		assert_int_equal(inventory.endpoints, 1);
		fresh[i] = inventory.endpoint[0];
		inventory.endpoints = 0;
		twp_inventory_clean(&inventory);
		endpoint_vary(&fresh[i], edit->state, (first + i) % ENDPOINTS);
	}
	return twp_edit_endpoints(edit, fresh, count, NULL, 0, error);
}

static int edit_host(struct twp_edit *edit, struct twp_error *error)
{
	struct twp_inventory inventory;
	struct twp_endpoint *fresh;

	generate_host(&text);
	inventory_read(&inventory);
	fresh = inventory.endpoint;
	inventory.endpoint = NULL;
	inventory.endpoints = 0;
	twp_inventory_clean(&inventory);
	return twp_edit_endpoints(edit, fresh, 1, NULL, 0, error);
}

static int edit_delete_endpoint(struct twp_edit *edit, struct twp_error *error)
{
	const struct twp_state *state = edit->state;
	char *name;

	if (!state->endpoints)
		return 0;
	name = state->endpoint[pick((unsigned int)state->endpoints)].name;
	return twp_edit_endpoints(edit, NULL, 0, &name, 1, error);
}

static int edit_policy(struct twp_edit *edit, struct twp_error *error)
{
	struct twp_policy *fresh = calloc(1, sizeof(*fresh));
	char name[8];

	snprintf(name, sizeof(name), "p%u", pick(POLICIES));
	generate_policy(&text, 0);
	if (twp_document_read(fresh, name, name, text.bytes, text.length, error))
		fail_msg("%s in\n%s", error->text, text.bytes);
	return twp_edit_policies(edit, fresh, 1, NULL, 0, error);
}

static int edit_delete_policy(struct twp_edit *edit, struct twp_error *error)
{
	const struct twp_state *state = edit->state;
	char *name;

	if (!state->policies)
		return 0;
	name = state->policy[pick((unsigned int)state->policies)].name;
	return twp_edit_policies(edit, NULL, 0, &name, 1, error);
}

static int edit_namespaces(struct twp_edit *edit, struct twp_error *error)
{
	struct twp_inventory inventory;
	struct twp_namespace *fresh;
	size_t count;

	generate_namespaces(&text);
	inventory_read(&inventory);
	fresh = inventory.namespace;
	count = inventory.namespaces;
	inventory.namespace = NULL;
	inventory.namespaces = 0;
	twp_inventory_clean(&inventory);
	return twp_edit_namespaces(edit, fresh, count, NULL, 0, error);
}

static int edit_delete_namespace(struct twp_edit *edit, struct twp_error *error)
{
	const struct twp_state *state = edit->state;
	char *name;

	if (!state->namespaces)
		return 0;
	name = state->namespace[pick((unsigned int)state->namespaces)].name;
	return twp_edit_namespaces(edit, NULL, 0, &name, 1, error);
}

/* Of an endpoint, or of those that a selector selects. */
static int edit_audit(struct twp_edit *edit, struct twp_error *error)
{
	static const char *const selectors[] = { "app", "!app", "app in (web,api)", "tier!=back" };
	const struct twp_state *state = edit->state;
	char *name;

	if (!state->endpoints)
		return 0;
	name = state->endpoint[pick((unsigned int)state->endpoints)].name;
	if (pick(2))
		return twp_edit_audit(edit, &name, 1, "", pick(2), error);
	return twp_edit_audit(edit, NULL, 0, selectors[pick(4)], true, error);
}

static int edit_make(struct twp_edit *edit, struct twp_error *error)
{
	switch (pick(27)) {
	case 0:
		return edit_namespaces(edit, error);
	case 1:
		edit->default_deny = !edit->default_deny;
		return 0;
	case 2:
		return edit_host(edit, error);
	case 3 ... 6:
		return edit_delete_endpoint(edit, error);
	case 7:
	case 8:
		return edit_delete_policy(edit, error);
	case 9 ... 12:
		return edit_policy(edit, error);
	case 13:
		return edit_delete_namespace(edit, error);
	case 14:
	case 15:
		return edit_audit(edit, error);
	default:
		return edit_endpoints(edit, error);
	}
}

/* ---- what must be the same */

static void images_compare(const struct twp_image *one, const struct twp_image *other)
{
	assert_int_equal(one->generation, other->generation);
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		assert_int_equal(one->table[id].count, other->table[id].count);
		if (one->table[id].count)
			assert_memory_equal(one->table[id].rows, other->table[id].rows,
					    one->table[id].count * twp_row_size(id));
	}
}

static bool log_has(const struct twp_identity_log *log, int kind, const char *wanted,
		    uint32_t number)
{
	for (size_t i = 0; i < log->count[kind]; i++)
		if (!strcmp(log->text[kind][i], wanted))
			return log->number[kind][i] == number;
	return false;
}

/* The same texts, each once. */
static void logs_compare(const struct twp_identity_log *one, const struct twp_identity_log *other)
{
	for (int kind = 0; kind < 2; kind++) {
		assert_int_equal(one->count[kind], other->count[kind]);
		for (size_t i = 0; i < one->count[kind]; i++)
			assert_true(log_has(other, kind, one->text[kind][i], one->number[kind][i]));
	}
}

static void number_count(const char *what, uint32_t number, void *count)
{
	(void)what;
	(void)number;
	++*(size_t *)count;
}

static size_t numbers_used(const struct twp_numbers *numbers)
{
	size_t used = 0;

	twp_numbers_walk(numbers, number_count, &used);
	return used;
}

/* Compiles all of what the edit will make, after it was compiled from what was kept. */
static void full_compare(const struct twp_edit *edit, const struct twp_sizes *sizes,
			 const struct twp_compiled *update, const struct twp_identity_log *log,
			 const char *sentence)
{
	struct twp_compile_input input = twp_edit_input(edit);
	size_t identities = numbers_used(input.identities), prefixes = numbers_used(input.prefixes);
	struct twp_identity_log all = { 0 };
	struct twp_compiled *full;
	struct twp_error error;

	input.generation = 7;
	input.log = &all;
	full = twp_compile_next(NULL, &input, NULL, sizes, &error);
	assert_int_equal(!full, !update);
	if (full) {
		images_compare(twp_compiled_image(update), twp_compiled_image(full));
		assert_int_equal(twp_compiled_selects_host(update),
				 twp_compile_selects_host(&input));
		logs_compare(log->same ? &edit->state->classes : log, &all);
		/* What the update did not ask for, nobody needs. */
		assert_int_equal(numbers_used(input.identities), identities);
		assert_int_equal(numbers_used(input.prefixes), prefixes);
	} else {
		assert_string_equal(sentence, error.text);
	}
	twp_compiled_free(full);
	twp_identity_log_clean(&all);
}

/* ---- rounds */

struct kept {
	struct twp_state state;
	struct twp_compiled *compiled;
};

/* Every endpoint has its identity, and nobody else has one, but for those of classes. */
static void identities_check(const struct twp_state *state)
{
	uint32_t highest = 0;
	size_t different = 0;

	for (size_t i = 0; i < state->endpoints; i++) {
		const struct twp_endpoint *endpoint = &state->endpoint[i];
		TWP_AUTOFREE char *own = twp_endpoint_identity_text(endpoint);

		if (!twp_endpoint_is_host(endpoint))
			assert_int_equal(twp_numbers_find(state->identities, own),
					 endpoint->identity);
		if (endpoint->identity > highest)
			highest = endpoint->identity;
	}
	for (uint32_t identity = TWP_IDENTITY_LABELS_MIN; identity <= highest; identity++)
		different += state->holders[identity] > 0;
	assert_int_equal(numbers_used(state->identities), different + state->classes.count[0]);
	assert_int_equal(state->identity_count,
			 different + (state->holders[TWP_IDENTITY_HOST] > 0));
}

/* @identities: how many were in use before. */
static void edit_end(struct kept *kept, struct twp_edit *edit, struct twp_compiled *next,
		     struct twp_identity_log *log, size_t identities)
{
	if (next && pick(5)) {
		totals.own += !log->same;
		twp_classes_commit(&kept->state, log);
		twp_edit_commit(edit);
		twp_compiled_free(kept->compiled);
		kept->compiled = next;
		identities_check(&kept->state);
		return;
	}
	totals.aborted += next != NULL;
	totals.refused += !next;
	twp_compiled_free(next);
	twp_classes_abort(&kept->state, log);
	twp_edit_abort(edit);
	/* Nothing that this edit was given stays. */
	assert_int_equal(numbers_used(kept->state.identities), identities);
	assert_int_equal(numbers_used(kept->state.prefixes), kept->state.classes.count[1]);
}

static void edit_run(struct kept *kept)
{
	struct twp_sizes sizes = twp_sizes_default;
	struct twp_compile_change change;
	struct twp_identity_log log = { 0 };
	struct twp_compile_input input;
	struct twp_compiled *next;
	struct twp_error error;
	size_t identities = numbers_used(kept->state.identities);
	struct twp_edit edit;

	twp_edit_init(&edit, &kept->state);
	if (edit_make(&edit, &error)) {
		twp_edit_abort(&edit);
		return;
	}
	change = twp_edit_change(&edit);
	input = twp_edit_input(&edit);
	input.generation = 7;
	input.log = &log;
	/* Sometimes there is not room for all. */
	if (!pick(12))
		sizes.size[pick(TWP_TABLE_GENERATION)] = pick(30);
	next = twp_compile_next(kept->compiled, &input, &change, &sizes, &error);
	totals.edits++;
	totals.updates += next && twp_compiled_is_update(next);
	full_compare(&edit, &sizes, next, &log, error.text);
	edit_end(kept, &edit, next, &log, identities);
}

static void an_update_is_a_full_compilation(void **state)
{
	unsigned int edits = setting("GENERATED_EDITS", 5000);

	(void)state;
	seed = setting("GENERATED_SEED", 1);
	print_message("           seeds from %u on\n", seed);
	while (totals.edits < edits) {
		struct kept kept = { .compiled = NULL };
		struct twp_error error;

		srandom(seed++);
		assert_int_equal(twp_state_init(&kept.state, &error), 0);
		for (int i = 0; i < EDITS_A_ROUND; i++)
			edit_run(&kept);
		twp_compiled_free(kept.compiled);
		twp_state_clean(&kept.state);
	}
	print_message("           %u edits: %u updates, %u refused, %u aborted, %u with identities "
		      "of their own\n",
		      totals.edits, totals.updates, totals.refused, totals.aborted, totals.own);
	/* The edits must not drift into what is compiled as a whole. */
	assert_true(totals.updates > totals.edits / 2);
	assert_true(edits < 1000 || totals.refused);
	assert_true(totals.aborted > totals.edits / 10);
	assert_true(totals.own > totals.edits / 20);
}

/* Also of a round that failed. */
static int seed_tell(void **state)
{
	(void)state;
	print_message("           the last round had seed %u\n", seed - 1);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(an_update_is_a_full_compilation, seed_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
