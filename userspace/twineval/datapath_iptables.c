// SPDX-License-Identifier: GPL-2.0-only
/*
 * iptables, legacy and over nftables: one chain whose rules are tried one after the
 * other. Changed as its users change it, by loading the whole table again.
 */
#include "datapath_iptables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "datapath_filter.h"

#define LINEAR_MAX 10000

typedef void (*write_rules)(FILE *out, const struct datapath_filter *filter, unsigned int changed);

/* ---- the program, of the variant and the family */

static int load(const struct datapath_filter *filter, unsigned int changed, write_rules write,
		const char *variant, struct twp_error *error)
{
	const char *chain = datapath_iptables_chain(filter->place);
	struct datapath_text text;
	char program[32];

	if (datapath_text_open(&text, error))
		return -1;
	fprintf(text.file, "*filter\n:%s ACCEPT [0:0]\n", chain);
	write(text.file, filter, changed);
	fprintf(text.file, "COMMIT\n");
	snprintf(program, sizeof(program), "ip%stables-%s-restore",
		 filter->place->family == 6 ? "6" : "", variant);
	return datapath_text_run(&text, filter, error, (const char *const[]){ program, NULL });
}

/* The number after the "[" of ":CHAIN POLICY [n:n]" or "[n:n] -A CHAIN ...", else 0. */
static uint64_t line_packets(const char *line, const char *chain)
{
	const size_t length = strlen(chain);
	const char *counters = strchr(line, '[');
	const char *name = *line == ':' ? line + 1 : NULL;
	uint64_t packets = 0;

	if (*line == '[') {
		name = strstr(line, "] -A ");
		name = name ? name + strlen("] -A ") : NULL;
	}
	if (name && counters && !strncmp(name, chain, length) && name[length] == ' ')
		sscanf(counters, "[%" SCNu64, &packets);
	return packets;
}

static int hits(const struct datapath_filter *filter, const char *variant, uint64_t *packets,
		struct twp_error *error)
{
	char program[32], *output = NULL, *rest = NULL;
	uint64_t sum = 0;

	snprintf(program, sizeof(program), "ip%stables-%s-save",
		 filter->place->family == 6 ? "6" : "", variant);
	if (command_run(filter->place->filter_ns, NULL, &output, error,
			(const char *const[]){ program, "-c", "-t", "filter", NULL }))
		return -1;
	for (char *line = strtok_r(output, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		sum += line_packets(line, datapath_iptables_chain(filter->place));
	free(output);
	*packets = sum;
	return 0;
}

/*
 * The legacy table hooks INPUT, FORWARD and OUTPUT at once: where INPUT filters, replies
 * pass an empty OUTPUT.
 */
const char *datapath_iptables_chain(const struct topology_place *place)
{
	return place->hook == TOPOLOGY_LOCAL_IN ? "INPUT" : "FORWARD";
}

/* The table is not asked for: asking would make it, hooks and all. */
int datapath_iptables_able_legacy(const struct datapath_filter *filter, struct twp_error *error)
{
	const bool six = filter->place->family == 6;

	if (access(six ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", F_OK) &&
	    command_line(NULL, NULL, "modprobe -n -q %s",
			 six ? "ip6table_filter" : "iptable_filter"))
		return twp_error_set(error, "the kernel has no %s, which legacy iptables needs",
				     six ? "ip6_tables" : "ip_tables");
	return datapath_able_ip(filter, error);
}

int datapath_iptables_legacy_load(const struct datapath_filter *filter, unsigned int changed,
				  write_rules write, struct twp_error *error)
{
	return load(filter, changed, write, "legacy", error);
}

int datapath_iptables_legacy_hits(const struct datapath_filter *filter, uint64_t *packets,
				  struct twp_error *error)
{
	return hits(filter, "legacy", packets, error);
}

/* ---- rules */

/* None matches the flow. With @changed, the last so many are as they are after a change. */
static void write_nomatch(FILE *out, const struct datapath_filter *filter, unsigned int changed)
{
	const char *chain = datapath_iptables_chain(filter->place);
	struct datapath_entry entry;

	for (unsigned int i = 0; i < filter->entries; i++) {
		datapath_entry_deny(filter, i, i + changed >= filter->entries, &entry);
		fprintf(out, "-A %s -s %s -p tcp --dport %u -j DROP\n", chain, entry.peer,
			entry.port);
	}
}

/* The flow, its replies, and what pktgen sends are accepted before any of the others. */
static void write_top(FILE *out, const struct datapath_filter *filter, unsigned int changed)
{
	const char *chain = datapath_iptables_chain(filter->place);
	const char *client = filter->place->client_address;

	fprintf(out, "-A %s -s %s -p tcp --dport %d -j ACCEPT\n", chain, client, EVAL_PORT);
	fprintf(out, "-A %s -d %s -p tcp --sport %d -j ACCEPT\n", chain, client, EVAL_PORT);
	fprintf(out, "-A %s -s %s -p udp --dport %d -j ACCEPT\n", chain, client, EVAL_PORT);
	write_nomatch(out, filter, changed);
}

/* ---- datapaths */

static int nomatch_setup(const struct datapath_filter *filter, struct twp_error *error)
{
	if (datapath_prepare(filter, true, error))
		return -1;
	return load(filter, 0, write_nomatch, "legacy", error);
}

static int nomatch_change(const struct datapath_filter *filter, unsigned int changed, bool deny,
			  struct twp_error *error)
{
	return load(filter, deny ? 0 : changed, write_nomatch, "legacy", error);
}

static int top_setup(const struct datapath_filter *filter, struct twp_error *error)
{
	if (datapath_prepare(filter, true, error))
		return -1;
	return load(filter, 0, write_top, "legacy", error);
}

static int top_change(const struct datapath_filter *filter, unsigned int changed, bool deny,
		      struct twp_error *error)
{
	return load(filter, deny ? 0 : changed, write_top, "legacy", error);
}

static int nft_variant_setup(const struct datapath_filter *filter, struct twp_error *error)
{
	if (datapath_prepare(filter, true, error))
		return -1;
	return load(filter, 0, write_nomatch, "nft", error);
}

static int nft_variant_change(const struct datapath_filter *filter, unsigned int changed, bool deny,
			      struct twp_error *error)
{
	return load(filter, deny ? 0 : changed, write_nomatch, "nft", error);
}

static int nft_variant_hits(const struct datapath_filter *filter, uint64_t *packets,
			    struct twp_error *error)
{
	return hits(filter, "nft", packets, error);
}

static const char *const legacy_tools[] = { "iptables-legacy-restore", "iptables-legacy-save",
					    NULL };

const struct datapath datapath_iptables_nomatch = {
	.name = "iptables-nomatch",
	.semantics =
		"Legacy iptables: each packet, forwarded replies too, is compared with every rule (source "
		"address, protocol, destination port; drop). None matches the flow, and what "
		"none matches passes. The table hooks INPUT, FORWARD and OUTPUT, the latter with "
		"an empty chain.",
	.matches = "addresses and ports",
	.max_entries = LINEAR_MAX,
	.tools = legacy_tools,
	.able = datapath_iptables_able_legacy,
	.setup = nomatch_setup,
	.hits = datapath_iptables_legacy_hits,
	.change = nomatch_change,
	.teardown = datapath_unprepare,
};

const struct datapath datapath_iptables_top = {
	.name = "iptables-top",
	.semantics = "Legacy iptables: the first rules accept the flow and its replies (client's "
		     "address, protocol, port); behind them are the rules of iptables-nomatch, and "
		     "what none matches passes.",
	.matches = "addresses and ports",
	.max_entries = LINEAR_MAX,
	.tools = legacy_tools,
	.able = datapath_iptables_able_legacy,
	.setup = top_setup,
	.hits = datapath_iptables_legacy_hits,
	.change = top_change,
	.teardown = datapath_unprepare,
};

const struct datapath datapath_iptables_nft = {
	.name = "iptables-nft",
	.semantics =
		"The rules of iptables-nomatch, loaded into nftables by iptables-nft, in the one "
		"chain of the hook; what none matches passes.",
	.matches = "addresses and ports",
	.max_entries = LINEAR_MAX,
	.tools = (const char *const[]){ "iptables-nft-restore", "iptables-nft-save", NULL },
	.able = datapath_able_ip,
	.setup = nft_variant_setup,
	.hits = nft_variant_hits,
	.change = nft_variant_change,
	.teardown = datapath_unprepare,
};
