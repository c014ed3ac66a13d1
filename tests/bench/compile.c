// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a change costs in userspace, by the real clock: a full compile, and one
 * changed endpoint on its way through the daemon, from the request to the commit
 * in the kernel, phase by phase. The store is a real file; the kernel takes what
 * it is given and does nothing, so that what the backends cost is not in here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/fake_kernel.h"
#include "phases.h"
#include "twinpathd/log.h"
#include "twinpathd/requests.h"

enum { CHANGES = 100, COMPILES = 11 };

/* Apps of two tiers each; a policy an app, that lets some others in at some ports. */
struct size {
	const char *name;
	unsigned int endpoints, apps, policies, peers, ports;
};

static const struct size sizes[] = {
	{ "10,000 endpoints, 1,000 policies", 10000, 1000, 1000, 5, 4 },
	{ "20,000 endpoints, 80,000 rules", 20000, 1000, 1000, 10, 2 },
	{ "60,000 endpoints, 40,000 rules", 60000, 500, 500, 10, 2 },
};

static struct twp_daemon daemon_;

static void die(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

/* ---- a kernel that does nothing, beside the fake module */

static void *side_open(struct twp_module *module, const char *folder, const struct twp_sizes *fits,
		       struct twp_error *error)
{
	static int one;

	(void)module;
	(void)folder;
	(void)fits;
	(void)error;
	return &one;
}

static void side_close(void *backend)
{
	(void)backend;
}

static int side_read(void *backend, struct twp_image *image, struct twp_error *error)
{
	(void)backend;
	(void)image;
	(void)error;
	return 0;
}

static int side_rebuild(void *backend, const struct twp_image *image, struct twp_error *error)
{
	(void)backend;
	(void)error;
	for (size_t i = 0; i < TWP_PROGRAM_SIDES; i++) {
		fake.side[i].there = true;
		fake.side[i].image.generation = image->generation;
	}
	return 0;
}

static int side_apply(void *backend, const struct twp_image *image, const struct twp_diff *diff,
		      struct twp_error *error)
{
	(void)diff;
	return side_rebuild(backend, image, error);
}

static const struct twp_backend_ops side = {
	.name = "none",
	.open = side_open,
	.close = side_close,
	.read = side_read,
	.apply = side_apply,
	.rebuild = side_rebuild,
};

/* ---- requests */

static Twinpath__V1__Applied ask(Twinpath__V1__Request__OperationCase operation, void *message)
{
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__Applied applied = TWINPATH__V1__APPLIED__INIT;
	Twinpath__V1__Response *response;
	bool monitor = false;
	uint8_t *bytes;
	size_t length;

	request.operation_case = operation;
	request.status = message;
	length = twinpath__v1__request__get_packed_size(&request);
	bytes = malloc(length + 1);
	if (!bytes)
		die("no memory");
	twinpath__v1__request__pack(&request, bytes);
	phases_begin();
	response = twp_request_answer(&daemon_, "bench", bytes, length, &monitor);
	phases_end();
	free(bytes);
	if (!response || *response->error)
		die(response ? response->error : "no memory");
	if (response->result_case == TWINPATH__V1__RESPONSE__RESULT_APPLIED)
		applied = *response->applied;
	twinpath__v1__response__free_unpacked(response, NULL);
	return applied;
}

/* What an endpoint's message is made of. */
struct endpoint {
	Twinpath__V1__Endpoint message;
	Twinpath__V1__Label label[3], *labels[3];
	ProtobufCBinaryData address;
	char name[16], app[16], tier[16];
	uint8_t bytes[4];
};

static void endpoint_make(struct endpoint *to, unsigned int number, unsigned int app,
			  const char *tier)
{
	static const char *const keys[] = { "app", "tier", "team" };
	const char *values[] = { to->app, to->tier, "net" };

	snprintf(to->name, sizeof(to->name), "e%05u", number);
	snprintf(to->app, sizeof(to->app), "a%u", app);
	snprintf(to->tier, sizeof(to->tier), "%s", tier);
	twinpath__v1__endpoint__init(&to->message);
	for (int i = 0; i < 3; i++) {
		twinpath__v1__label__init(&to->label[i]);
		to->label[i].key = (char *)keys[i];
		to->label[i].value = (char *)values[i];
		to->labels[i] = &to->label[i];
	}
	/* Addresses are not in the order of the names. */
	memcpy(to->bytes, (uint8_t[]){ 10, number % 251, number >> 8, number }, 4);
	to->address = (ProtobufCBinaryData){ 4, to->bytes };
	to->message.name = to->name;
	to->message.label = to->labels;
	to->message.n_label = 3;
	to->message.address = &to->address;
	to->message.n_address = 1;
}

static Twinpath__V1__Applied endpoints_add(struct endpoint *endpoint, unsigned int count)
{
	Twinpath__V1__AddEndpointRequest add = TWINPATH__V1__ADD_ENDPOINT_REQUEST__INIT;
	Twinpath__V1__Applied applied;

	add.endpoint = calloc(count, sizeof(*add.endpoint));
	if (!add.endpoint)
		die("no memory");
	for (unsigned int i = 0; i < count; i++)
		add.endpoint[i] = &endpoint[i].message;
	add.n_endpoint = count;
	applied = ask(TWINPATH__V1__REQUEST__OPERATION_ADD_ENDPOINT, &add);
	free(add.endpoint);
	return applied;
}

static void policy_text(FILE *to, const struct size *size, unsigned int number)
{
	fprintf(to, "endpointSelector: {matchLabels: {app: a%u}}\ningress:\n- fromEndpoints:\n",
		number);
	for (unsigned int i = 1; i <= size->peers; i++)
		fprintf(to, "  - matchLabels: {app: a%u}\n", (number + i) % size->apps);
	fprintf(to, "  toPorts:\n  - ports:\n");
	for (unsigned int i = 0; i < size->ports; i++)
		fprintf(to, "    - {port: %u, protocol: TCP}\n", 8000 + i);
}

static void policies_apply(const struct size *size, unsigned int first, unsigned int count)
{
	Twinpath__V1__ApplyPolicyRequest apply = TWINPATH__V1__APPLY_POLICY_REQUEST__INIT;
	Twinpath__V1__PolicyDocument *document = calloc(count, sizeof(*document));

	apply.document = calloc(count, sizeof(*apply.document));
	if (!document || !apply.document)
		die("no memory");
	for (unsigned int i = 0; i < count; i++) {
		size_t length;
		FILE *text;

		twinpath__v1__policy_document__init(&document[i]);
		if (asprintf(&document[i].name, "p%04u", first + i) < 0)
			die("no memory");
		text = open_memstream(&document[i].text, &length);
		policy_text(text, size, first + i);
		fclose(text);
		apply.document[i] = &document[i];
	}
	apply.n_document = count;
	ask(TWINPATH__V1__REQUEST__OPERATION_APPLY_POLICY, &apply);
	for (unsigned int i = 0; i < count; i++) {
		free(document[i].name);
		free(document[i].text);
	}
	free(document);
	free(apply.document);
}

/* ---- what is measured */

static void full_compile(void)
{
	struct twp_compile_input input = twp_state_input(&daemon_.state);
	struct twp_error error;
	struct twp_image image;

	phases_reset();
	input.generation = 1;
	for (int i = 0; i < COMPILES; i++) {
		twp_image_init(&image);
		phases_begin();
		if (twp_compile(&image, &input, &daemon_.program.sizes, &error))
			die(error.text);
		phases_end();
		twp_image_clean(&image);
	}
	phases_print("full compile");
}

/* Other labels for an endpoint, @fresh: such as nobody has. */
static void endpoints_change(const struct size *size, bool fresh)
{
	unsigned int most = 0;

	phases_reset();
	for (unsigned int i = 0; i < CHANGES; i++) {
		unsigned int app = (7 * i + 3) % size->apps;
		Twinpath__V1__Applied applied;
		struct endpoint endpoint;
		unsigned int entries;

		endpoint_make(&endpoint, (i * 197 + fresh) % size->endpoints, app,
			      fresh ? "new" : "t0");
		applied = endpoints_add(&endpoint, 1);
		entries = applied.added + applied.removed + applied.changed;
		most = entries > most ? entries : most;
	}
	printf("  one endpoint gets labels that %s: at most %u entries change\n",
	       fresh ? "nobody has" : "others have", most);
	phases_print(NULL);
}

static void policies_change(const struct size *size)
{
	struct size other = *size;

	phases_reset();
	for (unsigned int i = 0; i < CHANGES; i++) {
		other.ports = size->ports + (i / 50 ? 0 : 1);
		policies_apply(&other, (i % 50) * 7 % size->policies, 1);
	}
	printf("  one policy says other ports\n");
	phases_print(NULL);
}

static void fill(const struct size *size)
{
	struct endpoint *endpoint = calloc(size->endpoints, sizeof(*endpoint));

	if (!endpoint)
		die("no memory");
	for (unsigned int i = 0; i < size->endpoints; i++)
		endpoint_make(&endpoint[i], i, i % size->apps, i / size->apps % 2 ? "t1" : "t0");
	endpoints_add(endpoint, size->endpoints);
	free(endpoint);
	policies_apply(size, 0, size->policies);
}

static void size_run(const struct size *size, const char *folder)
{
	struct twp_options options = { .socket = "", .pins = "/none", .folder = "" };
	struct twp_error error;
	const struct twp_image *image;
	char path[256];

	options.sizes = twp_sizes_default;
	options.state = (char *)folder;
	fake_boot(true);
	if (twp_daemon_init(&daemon_, &options, &error))
		die(error.text);
	daemon_.program.side[0].ops = daemon_.program.side[1].ops = &side;
	twp_daemon_mend(&daemon_);
	if (daemon_.problem)
		die(daemon_.problem);
	fill(size);
	image = twp_program_image(&daemon_.program);
	printf("%s: %zu hosts, %zu rules, %u identities\n", size->name,
	       image->table[TWP_TABLE_HOST4].count, image->table[TWP_TABLE_RULES].count,
	       daemon_.state.identity_count);
	full_compile();
	endpoints_change(size, false);
	endpoints_change(size, true);
	policies_change(size);
	twp_daemon_clean(&daemon_);
	fake_clean();
	snprintf(path, sizeof(path), "%s/twinpath.db", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/twinpath.db-wal", folder);
	unlink(path);
}

int main(void)
{
	char folder[] = "/tmp/bench_compile.XXXXXX";

	printf("median and worst of %d changes, %d compilations; real time, and the thread's own\n",
	       CHANGES, COMPILES);
	twp_log_level("error");
	if (!mkdtemp(folder))
		die("/tmp: no folder for the store");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		size_run(&sizes[i], folder);
	rmdir(folder);
	return 0;
}
