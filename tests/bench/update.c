// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an update costs: one endpoint out of 10,000 gets other labels, under
 * 1,000 policies that make 100,000 entries. The steps are those of the daemon,
 * in its order; the real clock. Root, without the module: so what is missing is
 * the module's part, a request to bind the program and one to commit, which
 * waits for a grace period.
 *
 * Network and mount namespace are its own. What the kernel holds in the end is
 * read back: a benchmark of nothing is none.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/netfilter/nf_tables.h>

#include "../bpf/bpf_folder.h"
#include "backend/nft.h"
#include "policy/compile.h"
#include "policy/document.h"

#define ENDPOINTS 10000
#define APPS 1000
#define PEERS 40 /* apps that one app lets in, */
#define PORTS 2 /* to each of these */
#define UPDATES 100
#define PAUSE_US 30000 /* a grace period takes less */

enum step { COMPILE, DIFF, NFT, BPF, TOGETHER, STEPS };

static const char *const step_names[STEPS] = { "compile", "compare", "nft", "bpf", "together" };

static const struct twp_backend_ops *const ops[] = { &twp_backend_nft, &twp_backend_bpf };
#define BACKENDS 2

struct bench {
	struct twp_endpoint endpoint[ENDPOINTS];
	struct twp_policy policy[APPS];
	struct twp_compile_input input;
	struct twp_compiled *compiled; /* in force */
	void *backend[BACKENDS];
	double us[STEPS][UPDATES];
};

static struct bench bench;

static void must(bool done, const char *what, const struct twp_error *error)
{
	if (done)
		return;
	fprintf(stderr, "bench-update: %s: %s\n", what, error ? error->text : "failed");
	exit(1);
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

/* @own: beside the app's label one that no other endpoint has. */
static void labels_set(struct twp_endpoint *endpoint, unsigned int app, bool own)
{
	struct twp_error error;
	char label[64], *text;

	endpoint->labels = (struct twp_labels){ 0 };
	snprintf(label, sizeof(label), "app=a%u", app);
	must(!twp_labels_parse(&endpoint->labels, label, &error), "label", &error);
	snprintf(label, sizeof(label), "own=%s", endpoint->name);
	if (own)
		must(!twp_labels_parse(&endpoint->labels, label, &error), "label", &error);
	text = twp_endpoint_identity_text(endpoint);
	must(text, "identity", NULL);
	endpoint->identity = twp_numbers_get(bench.input.identities, text, &error);
	must(endpoint->identity, "identity", &error);
	free(text);
}

static void endpoint_make(struct twp_endpoint *endpoint, unsigned int number)
{
	char text[64];

	snprintf(text, sizeof(text), "e%05u", number);
	endpoint->name = strdup(text);
	endpoint->address = calloc(2, sizeof(*endpoint->address));
	must(endpoint->name && endpoint->address, "memory", NULL);
	snprintf(text, sizeof(text), "10.1.%u.%u", number / 256, number % 256);
	must(!twp_address_parse(&endpoint->address[endpoint->addresses++], text), text, NULL);
	snprintf(text, sizeof(text), "fd00::%x", 1 + number);
	must(!twp_address_parse(&endpoint->address[endpoint->addresses++], text), text, NULL);
	labels_set(endpoint, number % APPS, false);
}

static void policy_make(struct twp_policy *policy, unsigned int app)
{
	char text[8192], name[32];
	struct twp_error error;
	size_t used;

	snprintf(name, sizeof(name), "p%04u", app);
	used = snprintf(text, sizeof(text),
			"endpointSelector: {matchLabels: {app: a%u}}\ningress:\n- fromEndpoints:\n",
			app);
	for (unsigned int i = 1; i <= PEERS; i++)
		used += snprintf(text + used, sizeof(text) - used, "  - matchLabels: {app: a%u}\n",
				 (app + i) % APPS);
	used += snprintf(text + used, sizeof(text) - used, "  toPorts: [{ports: [");
	for (int i = 0; i < PORTS; i++)
		used += snprintf(text + used, sizeof(text) - used, "{port: \"%u\", protocol: TCP},",
				 80 + i);
	used += snprintf(text + used, sizeof(text) - used, "]}]\n");
	must(!twp_document_read(policy, name, name, text, used, &error), "policy", &error);
	for (size_t i = 0; i < policy->spec[0].rules; i++)
		policy->spec[0].rule[i].number = 1 + app;
}

static void model_make(void)
{
	bench.input = (struct twp_compile_input){
		.endpoint = bench.endpoint,
		.endpoints = ENDPOINTS,
		.policy = bench.policy,
		.policies = APPS,
		.identities = twp_numbers_alloc("identity", TWP_IDENTITY_LABELS_MIN,
						TWP_IDENTITY_LABELS_MAX),
		.prefixes = twp_numbers_alloc("prefix", TWP_IDENTITY_PREFIX + 1,
					      TWP_IDENTITY_PREFIX + 65536),
	};
	must(bench.input.identities && bench.input.prefixes, "memory", NULL);
	for (unsigned int i = 0; i < ENDPOINTS; i++)
		endpoint_make(&bench.endpoint[i], i);
	for (unsigned int i = 0; i < APPS; i++)
		policy_make(&bench.policy[i], i);
}

/* @change: from what is in force; NULL: everything. */
static struct twp_compiled *compile(const struct twp_compile_change *change)
{
	struct twp_identity_log log = { 0 };
	struct twp_compiled *next;
	struct twp_error error;

	bench.input.generation++;
	bench.input.log = &log;
	next = twp_compile_next(change ? bench.compiled : NULL, &bench.input, change,
				&twp_sizes_default, &error);
	must(next, "compile", &error);
	twp_identity_log_clean(&log);
	return next;
}

/* Without the module's expression, the head of the anchor rule is one that every kernel has. */
static void counter_head(struct nlmsghdr *message)
{
	mnl_attr_put_strz(message, NFTA_EXPR_NAME, "counter");
	mnl_attr_nest_end(message, mnl_attr_nest_start(message, NFTA_EXPR_DATA));
}

static void kernel_load(void)
{
	struct twp_error error;

	must(!bpf_folder_mount(NULL) && !unshare(CLONE_NEWNET), "namespaces (root?)", NULL);
	twp_nft_put_head = counter_head;
	bench.compiled = compile(NULL);
	for (int i = 0; i < BACKENDS; i++) {
		bench.backend[i] = ops[i]->open(NULL, bpf_folder, &twp_sizes_default, &error);
		must(bench.backend[i], ops[i]->name, &error);
		must(!ops[i]->rebuild(bench.backend[i], twp_compiled_image(bench.compiled), &error),
		     ops[i]->name, &error);
	}
}

/* Return: rows in which the update differs, without the generation. */
static size_t update(unsigned int round, const struct twp_endpoint *before,
		     const struct twp_endpoint *after)
{
	const struct twp_compile_change change = {
		.gone = before,
		.gones = 1,
		.fresh = after,
		.freshes = 1,
	};
	const struct twp_image *image;
	struct twp_compiled *next;
	struct twp_error error;
	struct twp_diff diff;
	double at[STEPS];
	size_t rows = 0;

	at[COMPILE] = now_us();
	next = compile(&change);
	image = twp_compiled_image(next);
	at[DIFF] = now_us();
	must(!twp_diff_make(&diff, twp_compiled_image(bench.compiled), image), "memory", NULL);
	twp_diff_takes_away(&diff);
	for (int i = 0; i < BACKENDS; i++) {
		at[NFT + i] = now_us();
		must(!ops[i]->apply(bench.backend[i], image, &diff, &error), ops[i]->name, &error);
	}
	at[TOGETHER] = now_us();
	for (int step = COMPILE; step < TOGETHER; step++)
		bench.us[step][round] = at[step + 1] - at[step];
	bench.us[TOGETHER][round] = at[TOGETHER] - at[COMPILE];
	for (int id = 0; id < TWP_TABLE_GENERATION; id++)
		rows += diff.table[id].count;
	twp_diff_clean(&diff);
	must(twp_compiled_is_update(next), "compile: all of it", NULL);
	twp_compiled_free(bench.compiled);
	bench.compiled = next;
	return rows;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* From endpoint @first, each time another one. The first update is not counted: all is cold. */
static void run(const char *what, unsigned int first, bool own, unsigned int pause_us)
{
	size_t rows = 0;

	for (unsigned int i = 0; i <= UPDATES; i++) {
		struct twp_endpoint *endpoint = &bench.endpoint[first + 7 * i];
		struct twp_endpoint before = *endpoint;

		labels_set(endpoint, (7 * i + APPS / 2) % APPS, own);
		usleep(pause_us);
		rows = update(i ? i - 1 : 0, &before, endpoint);
		twp_labels_clean(&before.labels);
	}
	printf("%s (%zu entries differ in the last):\n", what, rows);
	for (int step = 0; step < STEPS; step++) {
		qsort(bench.us[step], UPDATES, sizeof(double), compare);
		printf("  %-8s  median %8.0f us, worst %8.0f us\n", step_names[step],
		       bench.us[step][UPDATES / 2], bench.us[step][UPDATES - 1]);
	}
}

static void kernel_check(void)
{
	for (int i = 0; i < BACKENDS; i++) {
		struct twp_error error = { "" };
		struct twp_image got;
		struct twp_diff diff;

		twp_image_init(&got);
		must(ops[i]->read(bench.backend[i], &got, &error) == 1, ops[i]->name, &error);
		must(!twp_diff_make(&diff, &got, twp_compiled_image(bench.compiled)), "memory",
		     NULL);
		for (int id = 0; id < TWP_TABLE_COUNT; id++)
			must(!diff.table[id].count, "the kernel holds something else", NULL);
		twp_diff_clean(&diff);
		twp_image_clean(&got);
	}
}

int main(void)
{
	size_t rows = 0;

	model_make();
	kernel_load();
	for (int id = 0; id < TWP_TABLE_GENERATION; id++)
		rows += twp_compiled_image(bench.compiled)->table[id].count;
	printf("%zu entries of %d endpoints and %d policies, %d updates of one endpoint's labels\n",
	       rows, ENDPOINTS, APPS, UPDATES);
	run("to labels that others have", 0, false, PAUSE_US);
	run("to labels that nobody has", 1000, true, PAUSE_US);
	run("to labels that others have, without a pause", 2000, false, 0);
	kernel_check();
	for (int i = 0; i < BACKENDS; i++)
		ops[i]->close(bench.backend[i]);
	twp_compiled_free(bench.compiled);
	bpf_folder_unmount(NULL);
	return 0;
}
