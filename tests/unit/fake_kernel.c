// SPDX-License-Identifier: GPL-2.0-only
/* The kernel of the tests, see fake_kernel.h. Linked in the place of module/ and backend/. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fake_kernel.h"

struct fake_kernel fake;

struct twp_module {
	int listener;
};

static int listener = -1; /* of the module that listens */

static void announce(void)
{
	const uint64_t one = 1;

	if (write(listener, &one, sizeof(one)) != sizeof(one))
		abort();
}

void fake_event(int kind)
{
	fake.event = kind;
	fake.tell = NULL;
	announce();
}

void fake_tell(const Twinpath__V1__Event *event)
{
	fake.tell = event;
	announce();
}

void fake_clean(void)
{
	twp_image_clean(&fake.side[0].image);
	twp_image_clean(&fake.side[1].image);
	memset(&fake, 0, sizeof(fake));
}

void fake_boot(bool loaded)
{
	fake_clean();
	fake.loaded = loaded;
	fake.mode = TWINPATH__V1__MODE__MODE_OFF;
	fake.backend = TWINPATH__V1__BACKEND__BACKEND_NFT;
	fake.deny_action = TWINPATH__V1__DENY_ACTION__DENY_ACTION_DROP;
	fake.failure_policy = TWINPATH__V1__FAILURE_POLICY__FAILURE_POLICY_CLOSED;
	fake.other_ethertypes = TWINPATH__V1__ETHERTYPE_POLICY__ETHERTYPE_POLICY_DENY;
}

size_t fake_port_addresses(const char *name)
{
	for (size_t i = 0; i < fake.ports; i++)
		if (!strcmp(fake.port[i].name, name))
			return fake.port[i].addresses;
	return 0;
}

static int gone(struct twp_error *error)
{
	if (fake.loaded)
		return 0;
	errno = ENODEV;
	return twp_error_set(error, "module twinpath is not loaded; modprobe twinpath");
}

struct twp_module *twp_module_open(struct twp_error *error)
{
	struct twp_module *module = gone(error) ? NULL : calloc(1, sizeof(*module));

	if (module)
		module->listener = -1;
	return module;
}

void twp_module_close(struct twp_module *module)
{
	if (module && module->listener >= 0)
		close(module->listener);
	free(module);
}

static Twinpath__V1__BackendStatus *backend_status(size_t i)
{
	Twinpath__V1__BackendStatus *status = malloc(sizeof(*status));

	twinpath__v1__backend_status__init(status);
	status->bound = fake.side[i].there;
	status->generation = fake.side[i].there ? fake.side[i].image.generation : 0;
	return status;
}

Twinpath__V1__ModuleStatus *twp_module_status(struct twp_module *module, struct twp_error *error)
{
	Twinpath__V1__ModuleStatus *status;

	(void)module;
	if (gone(error))
		return NULL;
	status = malloc(sizeof(*status));
	twinpath__v1__module_status__init(status);
	status->generation = fake.generation;
	status->host_selected = fake.host_selected;
	status->mode = fake.mode;
	status->backend = fake.backend;
	status->deny_action = fake.deny_action;
	status->failure_policy = fake.failure_policy;
	status->other_ethertypes = fake.other_ethertypes;
	status->nft = backend_status(0);
	status->bpf = backend_status(1);
	return status;
}

Twinpath__V1__ModuleStatus *twp_module_set_backend(struct twp_module *module,
						   Twinpath__V1__Backend backend,
						   struct twp_error *error)
{
	if (gone(error))
		return NULL;
	fake.sets++;
	fake.backend = backend;
	return twp_module_status(module, error);
}

Twinpath__V1__ModuleStatus *twp_module_set_mode(struct twp_module *module,
						const Twinpath__V1__SetModeRequest *request,
						struct twp_error *error)
{
	if (gone(error))
		return NULL;
	fake.sets++;
	fake.mode = request->mode ? request->mode : fake.mode;
	fake.deny_action = request->deny_action ? request->deny_action : fake.deny_action;
	fake.failure_policy = request->failure_policy ? request->failure_policy :
							fake.failure_policy;
	fake.other_ethertypes = request->other_ethertypes ? request->other_ethertypes :
							    fake.other_ethertypes;
	return twp_module_status(module, error);
}

Twinpath__V1__ModuleStatus *twp_module_commit(struct twp_module *module,
					      const Twinpath__V1__CommitGenerationRequest *request,
					      struct twp_error *error)
{
	if (gone(error))
		return NULL;
	for (size_t i = 0; i < 2; i++) {
		if (fake.side[i].there && fake.side[i].image.generation == request->generation)
			continue;
		errno = ESTALE;
		twp_error_set(error, "backend %s holds generation %u, policy is at %u",
			      i ? "bpf" : "nft", fake.side[i].image.generation,
			      request->generation);
		return NULL;
	}
	if (fake.fail_commit) {
		fake.fail_commit--;
		errno = ENOMEM;
		twp_error_set(error, "no memory for the counters");
		return NULL;
	}
	fake.commits++;
	fake.sweeps += request->sweep;
	fake.generation = request->generation;
	fake.host_selected = request->host_selected;
	fake.rules = request->rules;
	return twp_module_status(module, error);
}

Twinpath__V1__ModuleStatus *
twp_module_set_bridge_port(struct twp_module *module,
			   const Twinpath__V1__SetBridgePortRequest *request,
			   struct twp_error *error)
{
	size_t i;

	if (gone(error))
		return NULL;
	if (fake.fail_port) {
		fake.fail_port--;
		errno = ENOMEM;
		twp_error_set(error, "no memory for the port");
		return NULL;
	}
	for (i = 0; i < fake.ports && strcmp(fake.port[i].name, request->name); i++)
		;
	if (i == fake.ports)
		strncpy(fake.port[fake.ports++].name, request->name, sizeof(fake.port[i].name) - 1);
	fake.port[i].addresses = request->n_address;
	return twp_module_status(module, error);
}

Twinpath__V1__Counters *twp_module_counters(struct twp_module *module, struct twp_error *error)
{
	Twinpath__V1__Counters *counters;

	(void)module;
	if (gone(error))
		return NULL;
	counters = malloc(sizeof(*counters));
	twinpath__v1__counters__init(counters);
	counters->rule = calloc(64, sizeof(*counters->rule));
	for (uint32_t i = 0; i < 64; i++) {
		Twinpath__V1__RuleCounter *counter;

		if (!fake.packets[i])
			continue;
		counter = malloc(sizeof(*counter));
		twinpath__v1__rule_counter__init(counter);
		counter->rule = i;
		counter->packets = fake.packets[i];
		counter->bytes = 100 * fake.packets[i];
		counters->rule[counters->n_rule++] = counter;
	}
	return counters;
}

Twinpath__V1__Judgement *twp_module_classify(struct twp_module *module,
					     const Twinpath__V1__ClassifyRequest *request,
					     struct twp_error *error)
{
	Twinpath__V1__Judgement *judgement;

	(void)module;
	(void)request;
	if (gone(error))
		return NULL;
	judgement = malloc(sizeof(*judgement));
	twinpath__v1__judgement__init(judgement);
	judgement->client = TWP_IDENTITY_WORLD;
	judgement->server = TWP_IDENTITY_LABELS_MIN;
	judgement->ingress = malloc(sizeof(*judgement->ingress));
	twinpath__v1__decision__init(judgement->ingress);
	judgement->ingress->rule = 1;
	return judgement;
}

Twinpath__V1__BenchResult *twp_module_bench(struct twp_module *module,
					    const Twinpath__V1__BenchRequest *request,
					    struct twp_error *error)
{
	Twinpath__V1__BenchResult *result;

	(void)module;
	if (gone(error))
		return NULL;
	fake.tuples = (uint32_t)request->n_tuple;
	result = malloc(sizeof(*result));
	twinpath__v1__bench_result__init(result);
	result->judgements = request->judgements;
	return result;
}

int twp_module_listen(struct twp_module *module, struct twp_error *error)
{
	if (gone(error))
		return -1;
	if (module->listener < 0)
		module->listener = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	listener = module->listener;
	return module->listener;
}

int twp_module_read_events(struct twp_module *module, twp_module_event *call, void *context,
			   struct twp_error *error)
{
	Twinpath__V1__Event event = TWINPATH__V1__EVENT__INIT;
	uint64_t count;

	(void)error;
	if (read(module->listener, &count, sizeof(count)) != sizeof(count))
		return 0;
	event.kind = (Twinpath__V1__EventKind)fake.event;
	call(fake.tell ? fake.tell : &event, context);
	return 0;
}

static void *side_open(struct fake_side *side, struct twp_error *error)
{
	return gone(error) ? NULL : side;
}

static void *nft_open(struct twp_module *module, const char *folder, const struct twp_sizes *sizes,
		      struct twp_error *error)
{
	(void)module;
	(void)folder;
	(void)sizes;
	return side_open(&fake.side[0], error);
}

static void *bpf_open(struct twp_module *module, const char *folder, const struct twp_sizes *sizes,
		      struct twp_error *error)
{
	(void)module;
	(void)folder;
	(void)sizes;
	return side_open(&fake.side[1], error);
}

static void side_close(void *backend)
{
	(void)backend;
}

static int side_read(void *backend, struct twp_image *image, struct twp_error *error)
{
	struct fake_side *side = backend;

	if (!side->there)
		return 0;
	if (twp_image_copy(image, &side->image))
		return twp_error_set(error, "no memory");
	return 1;
}

static int side_take(struct fake_side *side, const struct twp_image *image)
{
	twp_image_clean(&side->image);
	side->there = true;
	return twp_image_copy(&side->image, image);
}

/* Whether @diff begins with what the side holds: else a real kernel would refuse it. */
static bool begins_here(const struct fake_side *side, const struct twp_diff *diff)
{
	for (size_t i = 0; i < TWP_TABLE_COUNT; i++) {
		const struct twp_table_diff *table = &diff->table[i];
		const size_t size = twp_table_layouts[i].value_size;

		for (size_t j = 0; j < table->count; j++) {
			const struct twp_change *change = &table->change[j];
			const void *value =
				twp_image_find(&side->image, (enum twp_table_id)i, change->key);

			if (!value != !change->before ||
			    (value && memcmp(value, change->before, size)))
				return false;
		}
	}
	return true;
}

static int side_apply(void *backend, const struct twp_image *image, const struct twp_diff *diff,
		      struct twp_error *error)
{
	struct fake_side *side = backend;

	if (!side->there || !begins_here(side, diff))
		return twp_error_set(error, "the difference is not from what the kernel holds");
	if (side->fail_apply) {
		side->fail_apply--;
		return twp_error_set(error, "told to fail to apply");
	}
	side->applies++;
	return side_take(side, image);
}

static int side_rebuild(void *backend, const struct twp_image *image, struct twp_error *error)
{
	struct fake_side *side = backend;

	if (side->fail_rebuild) {
		side->fail_rebuild--;
		return twp_error_set(error, "told to fail to rebuild");
	}
	side->rebuilds++;
	return side_take(side, image);
}

static int side_usage(void *backend, struct twp_backend_usage *usage, struct twp_error *error)
{
	(void)backend;
	(void)error;
	memset(usage, 0, sizeof(*usage));
	usage->bytes[TWP_TABLE_RULES] = 4096;
	return 0;
}

static int side_destroy(void *backend, struct twp_error *error)
{
	struct fake_side *side = backend;

	(void)error;
	side->there = false;
	return 0;
}

const struct twp_backend_ops twp_backend_nft = {
	.name = "nft",
	.open = nft_open,
	.close = side_close,
	.read = side_read,
	.apply = side_apply,
	.rebuild = side_rebuild,
	.usage = side_usage,
	.destroy = side_destroy,
};

const struct twp_backend_ops twp_backend_bpf = {
	.name = "bpf",
	.open = bpf_open,
	.close = side_close,
	.read = side_read,
	.apply = side_apply,
	.rebuild = side_rebuild,
	.usage = side_usage,
	.destroy = side_destroy,
};
