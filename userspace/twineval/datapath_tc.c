// SPDX-License-Identifier: GPL-2.0-only
/*
 * tc BPF: a hash lookup at clsact ingress, where packets of the client come in. The
 * program is held by file descriptors of this process and by the device.
 */
#include "datapath_tc.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/eval_tc.h"
#include "command.h"
#include "datapath_filter.h"
#include "eval_tc.skel.h"

/* The one that was set up last. */
static struct eval_tc *held;

/* Sentences of libbpf are for who writes programs. */
static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static struct bpf_map *policy_map(const struct datapath_filter *filter)
{
	return filter->place->family == 6 ? held->maps.policy6 : held->maps.policy4;
}

/* ---- entries */

static void key_set(void *key, int family, const struct datapath_entry *entry)
{
	if (family == 6) {
		struct eval_tc_key6 *six = key;

		inet_pton(AF_INET6, entry->peer, six->source);
		six->port = htons((uint16_t)entry->port);
		six->protocol = IPPROTO_TCP;
	} else {
		struct eval_tc_key4 *four = key;

		inet_pton(AF_INET, entry->peer, &four->source);
		four->port = htons((uint16_t)entry->port);
		four->protocol = IPPROTO_TCP;
	}
}

/* Keys of the last @count entries; to be freed. */
static char *keys_of(const struct datapath_filter *filter, unsigned int count, bool changed)
{
	const size_t size = bpf_map__key_size(policy_map(filter));
	char *keys = calloc(count, size);
	struct datapath_entry entry;

	for (unsigned int i = 0; keys && i < count; i++) {
		datapath_entry_deny(filter, filter->entries - count + i, changed, &entry);
		key_set(keys + i * size, filter->place->family, &entry);
	}
	return keys;
}

static int entries_add(const struct datapath_filter *filter, unsigned int count, bool changed,
		       struct twp_error *error)
{
	char *keys = keys_of(filter, count, changed);
	uint32_t *values = calloc(count, sizeof(*values));
	uint32_t added = count;
	int result = -1;

	for (unsigned int i = 0; values && i < count; i++)
		values[i] = TC_ACT_SHOT;
	if (!keys || !values)
		twp_error_set(error, "out of memory for %u entries", count);
	else if (bpf_map_update_batch(bpf_map__fd(policy_map(filter)), keys, values, &added, NULL))
		twp_error_set(error, "tc-bpf: cannot add %u entries: %s", count, strerror(errno));
	else
		result = 0;
	free(keys);
	free(values);
	return result;
}

static int entries_delete(const struct datapath_filter *filter, unsigned int count, bool changed,
			  struct twp_error *error)
{
	char *keys = keys_of(filter, count, changed);
	uint32_t deleted = count;
	int result = -1;

	if (!keys)
		twp_error_set(error, "out of memory for %u entries", count);
	else if (bpf_map_delete_batch(bpf_map__fd(policy_map(filter)), keys, &deleted, NULL))
		twp_error_set(error, "tc-bpf: cannot delete %u entries: %s", count,
			      strerror(errno));
	else
		result = 0;
	free(keys);
	return result;
}

/* ---- program */

struct attachment {
	const char *device;
	int program;
};

static int attach(void *context)
{
	const struct attachment *attachment = context;
	struct bpf_tc_hook hook = {
		.sz = sizeof(hook),
		.ifindex = (int)if_nametoindex(attachment->device),
		.attach_point = BPF_TC_INGRESS,
	};
	struct bpf_tc_opts opts = {
		.sz = sizeof(opts),
		.prog_fd = attachment->program,
		.handle = 1,
		.priority = 1,
	};

	if (bpf_tc_hook_create(&hook) || bpf_tc_attach(&hook, &opts))
		return -1;
	return 0;
}

static void teardown(const struct datapath_filter *filter)
{
	(void)filter;
	eval_tc__destroy(held);
	held = NULL;
}

static int load(const struct datapath_filter *filter, struct twp_error *error)
{
	libbpf_set_print(print_nothing);
	held = eval_tc__open();
	if (!held)
		return twp_error_set(error, "tc-bpf: cannot open the program: %s", strerror(errno));
	bpf_map__set_max_entries(policy_map(filter), filter->entries ? filter->entries : 1);
	if (eval_tc__load(held))
		return twp_error_set(error, "tc-bpf: cannot load the program: %s", strerror(errno));
	return filter->entries ? entries_add(filter, filter->entries, false, error) : 0;
}

static int setup(const struct datapath_filter *filter, struct twp_error *error)
{
	struct attachment attachment = { .device = filter->place->filter_in };

	teardown(filter);
	if (datapath_prepare(filter, false, error) || load(filter, error))
		return -1;
	attachment.program = bpf_program__fd(held->progs.eval_tc);
	if (command_in(filter->place->filter_ns, attach, &attachment) < 0)
		return twp_error_set(error, "tc-bpf: cannot attach the program to clsact of %s",
				     attachment.device);
	return 0;
}

static int hits(const struct datapath_filter *filter, uint64_t *packets, struct twp_error *error)
{
	const int cpus = libbpf_num_possible_cpus();
	const uint32_t zero = 0;
	uint64_t *seen, sum = 0;

	(void)filter;
	if (cpus < 0)
		return twp_error_set(error, "cannot tell the number of CPUs: %s", strerror(-cpus));
	seen = calloc((size_t)cpus, sizeof(*seen));
	if (!seen)
		return twp_error_set(error, "out of memory");
	if (bpf_map_lookup_elem(bpf_map__fd(held->maps.seen), &zero, seen)) {
		free(seen);
		return twp_error_set(error, "tc-bpf: cannot read the counter: %s", strerror(errno));
	}
	for (int i = 0; i < cpus; i++)
		sum += seen[i];
	free(seen);
	*packets = sum;
	return 0;
}

/* Deleted first, for the map has no room for both; each element is a change of its own. */
static int change(const struct datapath_filter *filter, unsigned int changed, bool deny,
		  struct twp_error *error)
{
	if (entries_delete(filter, changed, deny, error))
		return -1;
	return entries_add(filter, changed, !deny, error);
}

/* As the kernel allocates it: elements of 48 bytes with key and value, buckets of 16 bytes. */
static uint64_t bytes_computed(const struct bpf_map *map)
{
	const uint64_t room = bpf_map__max_entries(map);
	uint64_t buckets = 1;

	while (buckets < room)
		buckets *= 2;
	return (48 + ((bpf_map__key_size(map) + 7) & ~7u) + 8) * room + 16 * buckets;
}

static int memory(const struct datapath_filter *filter, uint64_t *bytes, struct twp_error *error)
{
	const struct bpf_map *map = policy_map(filter);
	const uint64_t computed = bytes_computed(map);
	static const char head[] = "memlock:";
	uint64_t told = 0;
	char path[64], *text;
	const char *line;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", bpf_map__fd(map));
	text = command_read_file(path, error);
	if (!text)
		return -1;
	line = strstr(text, head);
	if (line)
		sscanf(line + strlen(head), "%" SCNu64, &told);
	free(text);
	/* Older kernels, 6.1 among them, tell the size of the keys and values only. */
	*bytes = told > computed ? told : computed;
	return 0;
}

const struct datapath datapath_tc = {
	.name = "tc-bpf",
	.semantics =
		"A BPF program at clsact ingress, before the IP stack, looks each packet from the "
		"client up in one hash map (source address, protocol, destination port; drop); "
		"what is not in the map passes. It does not see replies.",
	.matches = "addresses and ports",
	.max_entries = 1000000,
	.tools = (const char *const[]){ NULL },
	.setup = setup,
	.hits = hits,
	.change = change,
	.memory = memory,
	.teardown = teardown,
};
