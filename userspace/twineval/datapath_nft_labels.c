// SPDX-License-Identifier: GPL-2.0-only
/*
 * What twinpath does, in nftables alone: both addresses become identities of labels, and
 * the pair of them with protocol and port is looked up among the rules that allow. The
 * identities travel in the packet's mark and in conntrack's, for want of other registers
 * that a map's value can be put in.
 */
#include "command.h"
#include "datapath_filter.h"
#include "datapath_nft.h"

/* Identities: 0 is whom no label selects. */
#define CLIENT 1u
#define SERVER 2u
#define PEER 3u

/* Hosts and rules of the flow itself, beside the entries. */
#define OWN_HOSTS 2
#define OWN_RULES 2

static void write_hosts(FILE *out, const struct datapath_filter *filter)
{
	const struct topology_place *place = filter->place;
	const struct datapath_nft_words words = datapath_nft_words(place);
	char address[40];

	fprintf(out, "add element %s twineval hosts {\n%s : %u,\n%s : %u,\n", words.family,
		place->client_address, CLIENT, place->server_address, SERVER);
	for (unsigned int i = 0; i < datapath_peers(filter); i++) {
		datapath_peer(place->family, i, address);
		fprintf(out, "%s : %u,\n", address, PEER + i);
	}
	fprintf(out, "}\n");
}

/* The entries from @first on, as elements of @rules. */
static void write_rules(FILE *out, const char *verb, const struct datapath_filter *filter,
			unsigned int first, bool changed)
{
	struct datapath_entry entry;

	if (first == filter->entries)
		return;
	fprintf(out, "%s element %s twineval rules {\n", verb,
		datapath_nft_words(filter->place).family);
	for (unsigned int i = first; i < filter->entries; i++) {
		datapath_entry_allow_label(filter, i, changed, &entry);
		fprintf(out, "%u . %u . tcp . %u,\n", entry.client ? CLIENT : PEER + entry.number,
			SERVER, entry.port);
	}
	fprintf(out, "}\n");
}

static void write_tables(FILE *out, const struct datapath_filter *filter)
{
	struct datapath_nft_words words = datapath_nft_words(filter->place);

	fprintf(out,
		"table %s twineval {\n"
		"	map hosts {\n"
		"		type %s : mark\n"
		"		size %u\n"
		"	}\n"
		"	set rules {\n"
		"		type mark . mark . inet_proto . inet_service\n"
		"		size %u\n"
		"	}\n"
		"}\n",
		words.family, words.address, datapath_nft_room(datapath_peers(filter) + OWN_HOSTS),
		datapath_nft_room(filter->entries + OWN_RULES));
}

static int labels_setup(const struct datapath_filter *filter, const char *first_rule,
			struct twp_error *error)
{
	struct datapath_nft_words words = datapath_nft_words(filter->place);
	struct datapath_text text;

	if (datapath_prepare(filter, false, error) || datapath_text_open(&text, error))
		return -1;
	write_tables(text.file, filter);
	datapath_nft_write_chain(text.file, filter->place);
	/* Whom a map does not hold keeps no identity: a mark is 0 unless one was found. Neighbour
	 * discovery is neither TCP nor UDP and has to pass.
	 */
	fprintf(text.file,
		"%s\n"
		"ct direction reply accept\n"
		"meta mark set %s saddr map @hosts\n"
		"ct mark set %s daddr map @hosts\n"
		"meta mark . ct mark . meta l4proto . th dport @rules accept\n"
		"meta l4proto { tcp, udp } drop\n"
		"}\n}\n",
		first_rule, words.ip, words.ip);
	fprintf(text.file,
		"add element %s twineval rules { %u . %u . tcp . %d, %u . %u . udp . %d }\n",
		words.family, CLIENT, SERVER, EVAL_PORT, CLIENT, SERVER, EVAL_PORT);
	write_hosts(text.file, filter);
	write_rules(text.file, "add", filter, 0, false);
	return datapath_text_run(&text, filter, error, datapath_nft_command);
}

static int setup(const struct datapath_filter *filter, struct twp_error *error)
{
	return labels_setup(filter, "", error);
}

static int established_setup(const struct datapath_filter *filter, struct twp_error *error)
{
	return labels_setup(filter, "ct state established accept", error);
}

static int change(const struct datapath_filter *filter, unsigned int changed, bool deny,
		  struct twp_error *error)
{
	const unsigned int first = filter->entries - changed;
	struct datapath_text text;

	if (datapath_text_open(&text, error))
		return -1;
	write_rules(text.file, "delete", filter, first, deny);
	write_rules(text.file, "add", filter, first, !deny);
	return datapath_text_run(&text, filter, error, datapath_nft_command);
}

static const char *const tools[] = { "nft", NULL };

const struct datapath datapath_nft_labels = {
	.name = "nft-labels",
	.semantics =
		"nftables over conntrack: replies pass; each packet of the original direction is "
		"judged by the identities of both addresses, protocol and port (three lookups; "
		"allow). TCP and UDP that no rule allows is dropped, established or not. The "
		"flow's own two rules come on top of the entries; entries beyond 1,000 are further "
		"ports of the 1,000 peers.",
	.matches = "labels and ports",
	.stateful = true,
	.default_deny = true,
	.max_entries = 1000000,
	.tools = tools,
	.able = datapath_nft_able_conntrack,
	.setup = setup,
	.hits = datapath_nft_hits,
	.change = change,
};

const struct datapath datapath_nft_labels_established = {
	.name = "nft-labels-established",
	.semantics =
		"nft-labels behind \"ct state established accept\": only the first packets of a "
		"connection are judged, so that a changed policy does not end what is "
		"established.",
	.matches = "labels and ports",
	.stateful = true,
	.default_deny = true,
	.max_entries = 1000000,
	.tools = tools,
	.able = datapath_nft_able_conntrack,
	.setup = established_setup,
	.hits = datapath_nft_hits,
	.change = change,
};
