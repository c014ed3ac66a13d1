// SPDX-License-Identifier: GPL-2.0-only
/*
 * nftables by addresses: rules one after the other, one set, one verdict map. Each
 * change is one transaction.
 *
 * Of counters there is one a chain, before everything else, where iptables has one a rule
 * and a policy's: fair to both, for that is how each is used. Sets are declared with their
 * size, which gives them the kernel's faster hash.
 */
#include "datapath_nft.h"

#include <jansson.h>
#include <stdlib.h>

#include "command.h"
#include "datapath_filter.h"

const char *const datapath_nft_command[] = { "nft", "-f", "-", NULL };

struct datapath_nft_words datapath_nft_words(const struct topology_place *place)
{
	const bool six = place->family == 6;

	return (struct datapath_nft_words){
		.family = place->hook == TOPOLOGY_BRIDGE ? "bridge" :
			  six				 ? "ip6" :
							   "ip",
		.ip = six ? "ip6" : "ip",
		.address = six ? "ipv6_addr" : "ipv4_addr",
		.hook = place->hook == TOPOLOGY_LOCAL_IN ? "input" : "forward",
	};
}

unsigned int datapath_nft_room(unsigned int elements)
{
	return 2 * elements + 16;
}

void datapath_nft_write_chain(FILE *out, const struct topology_place *place)
{
	struct datapath_nft_words words = datapath_nft_words(place);

	fprintf(out,
		"table %s twineval {\n"
		"	counter seen { }\n"
		"	chain filter {\n"
		"		type filter hook %s priority filter; policy accept;\n"
		"		counter name seen\n",
		words.family, words.hook);
}

/* The counter alone: a list of the whole table would bring its elements, too. */
int datapath_nft_hits(const struct datapath_filter *filter, uint64_t *packets,
		      struct twp_error *error)
{
	const char *const list[] = {
		"nft",	    "-j",   "list", "counter", datapath_nft_words(filter->place).family,
		"twineval", "seen", NULL
	};
	char *output = NULL;
	json_t *root, *object, *value = NULL;
	size_t i;

	if (command_run(filter->place->filter_ns, NULL, &output, error, list))
		return -1;
	root = json_loads(output, 0, NULL);
	free(output);
	json_array_foreach(json_object_get(root, "nftables"), i, object)
	{
		value = json_object_get(json_object_get(object, "counter"), "packets");
		if (value)
			break;
	}
	if (json_is_integer(value))
		*packets = (uint64_t)json_integer_value(value);
	else
		twp_error_set(error, "nft list counter told no packets");
	int result = json_is_integer(value) ? 0 : -1;
	json_decref(root);
	return result;
}

int datapath_nft_able_conntrack(const struct datapath_filter *filter, struct twp_error *error)
{
	static const char *const check[] = { "nft", "-c", "-f", "-", NULL };

	if (filter->place->hook != TOPOLOGY_BRIDGE ||
	    !command_run(filter->place->filter_ns,
			 "table bridge twineval_able {\n"
			 "	chain unused {\n"
			 "		type filter hook input priority filter\n"
			 "		ct state invalid counter\n"
			 "	}\n"
			 "}\n",
			 NULL, NULL, check))
		return 0;
	return twp_error_set(error,
			     "the kernel has no nf_conntrack_bridge, without which conntrack "
			     "does not see what is bridged");
}

/* ---- nft-linear */

static void linear_write(FILE *out, const struct datapath_filter *filter, unsigned int changed)
{
	const char *ip = datapath_nft_words(filter->place).ip;
	struct datapath_entry entry;

	for (unsigned int i = 0; i < filter->entries; i++) {
		datapath_entry_deny(filter, i, i + changed >= filter->entries, &entry);
		fprintf(out, "%s saddr %s tcp dport %u drop\n", ip, entry.peer, entry.port);
	}
	fprintf(out, "}\n}\n");
}

static int linear_setup(const struct datapath_filter *filter, struct twp_error *error)
{
	struct datapath_text text;

	if (datapath_prepare(filter, false, error) || datapath_text_open(&text, error))
		return -1;
	datapath_nft_write_chain(text.file, filter->place);
	linear_write(text.file, filter, 0);
	return datapath_text_run(&text, filter, error, datapath_nft_command);
}

/* Rules are changed by handles or all at once; who generates rules does the latter. */
static int linear_change(const struct datapath_filter *filter, unsigned int changed, bool deny,
			 struct twp_error *error)
{
	struct datapath_text text;

	if (datapath_text_open(&text, error))
		return -1;
	fprintf(text.file, "flush chain %s twineval filter\n",
		datapath_nft_words(filter->place).family);
	datapath_nft_write_chain(text.file, filter->place);
	linear_write(text.file, filter, deny ? 0 : changed);
	return datapath_text_run(&text, filter, error, datapath_nft_command);
}

/* ---- nft-set and nft-vmap */

/* The entries from @first on, as elements: each with its verdict, or without. */
static void elements_write(FILE *out, const char *verb, const struct datapath_filter *filter,
			   unsigned int first, bool changed, bool verdict)
{
	struct datapath_entry entry;

	if (first == filter->entries)
		return;
	fprintf(out, "%s element %s twineval denied {\n", verb,
		datapath_nft_words(filter->place).family);
	for (unsigned int i = first; i < filter->entries; i++) {
		datapath_entry_deny(filter, i, changed, &entry);
		fprintf(out, "%s . tcp . %u%s,\n", entry.peer, entry.port,
			verdict ? " : drop" : "");
	}
	fprintf(out, "}\n");
}

static int elements_setup(const struct datapath_filter *filter, bool verdict,
			  struct twp_error *error)
{
	struct datapath_nft_words words = datapath_nft_words(filter->place);
	struct datapath_text text;

	if (datapath_prepare(filter, false, error) || datapath_text_open(&text, error))
		return -1;
	fprintf(text.file,
		"table %s twineval {\n"
		"	%s denied {\n"
		"		type %s . inet_proto . inet_service%s\n"
		"		size %u\n"
		"	}\n"
		"}\n",
		words.family, verdict ? "map" : "set", words.address, verdict ? " : verdict" : "",
		datapath_nft_room(filter->entries));
	datapath_nft_write_chain(text.file, filter->place);
	fprintf(text.file, "%s saddr . meta l4proto . th dport %s\n}\n}\n", words.ip,
		verdict ? "vmap @denied" : "@denied drop");
	elements_write(text.file, "add", filter, 0, false, verdict);
	return datapath_text_run(&text, filter, error, datapath_nft_command);
}

static int elements_change(const struct datapath_filter *filter, unsigned int changed, bool deny,
			   bool verdict, struct twp_error *error)
{
	const unsigned int first = filter->entries - changed;
	struct datapath_text text;

	if (datapath_text_open(&text, error))
		return -1;
	elements_write(text.file, "delete", filter, first, deny, verdict);
	elements_write(text.file, "add", filter, first, !deny, verdict);
	return datapath_text_run(&text, filter, error, datapath_nft_command);
}

static int set_setup(const struct datapath_filter *filter, struct twp_error *error)
{
	return elements_setup(filter, false, error);
}

static int set_change(const struct datapath_filter *filter, unsigned int changed, bool deny,
		      struct twp_error *error)
{
	return elements_change(filter, changed, deny, false, error);
}

static int vmap_setup(const struct datapath_filter *filter, struct twp_error *error)
{
	return elements_setup(filter, true, error);
}

static int vmap_change(const struct datapath_filter *filter, unsigned int changed, bool deny,
		       struct twp_error *error)
{
	return elements_change(filter, changed, deny, true, error);
}

/* ---- datapaths */

static const char *const tools[] = { "nft", NULL };

const struct datapath datapath_nft_linear = {
	.name = "nft-linear",
	.semantics =
		"nftables: each packet, forwarded replies too, is compared with every rule (source address, "
		"TCP destination port; drop). None matches the flow, and what none matches "
		"passes.",
	.matches = "addresses and ports",
	.max_entries = 10000,
	.tools = tools,
	.setup = linear_setup,
	.hits = datapath_nft_hits,
	.change = linear_change,
};

const struct datapath datapath_nft_set = {
	.name = "nft-set",
	.semantics =
		"nftables: one rule looks each packet, forwarded replies too, up in one set (source address, "
		"protocol, destination port; drop); what is not in the set passes.",
	.matches = "addresses and ports",
	.max_entries = 1000000,
	.tools = tools,
	.setup = set_setup,
	.hits = datapath_nft_hits,
	.change = set_change,
};

const struct datapath datapath_nft_vmap = {
	.name = "nft-vmap",
	.semantics =
		"nftables: one rule looks each packet, forwarded replies too, up in one verdict map (source "
		"address, protocol, destination port; drop); what is not in the map passes.",
	.matches = "addresses and ports",
	.max_entries = 1000000,
	.tools = tools,
	.setup = vmap_setup,
	.hits = datapath_nft_hits,
	.change = vmap_change,
};
