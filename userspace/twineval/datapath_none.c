// SPDX-License-Identifier: GPL-2.0-only
/*
 * The datapaths that decide nothing: none at all, and conntrack alone. Conntrack is in
 * the path of a namespace once a rule there asks for it, on whatever hook.
 */
#include "datapath_none.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "datapath_filter.h"
#include "datapath_nft.h"

/* ---- none */

static int none_setup(const struct datapath_filter *filter, struct twp_error *error)
{
	return datapath_prepare(filter, false, error);
}

const struct datapath datapath_none = {
	.name = "none",
	.semantics = "No filter: everything passes.",
	.matches = "nothing",
	.tools = (const char *const[]){ NULL },
	.setup = none_setup,
};

/* ---- conntrack */

/* Connections that were seen and then flushed. */
static uint64_t flushed;

/* On a hook that the flow does not take, so that no packet pays for the rule. */
static const char *unused_hook(const struct topology_place *place)
{
	return place->hook == TOPOLOGY_LOCAL_IN ? "forward" : "input";
}

static int conntrack_setup(const struct datapath_filter *filter, struct twp_error *error)
{
	const struct topology_place *place = filter->place;
	struct datapath_text text;

	flushed = 0;
	if (datapath_prepare(filter, false, error) || datapath_text_open(&text, error))
		return -1;
	fprintf(text.file,
		"table %s twineval {\n"
		"	chain unused {\n"
		"		type filter hook %s priority filter\n"
		"		ct state invalid counter\n"
		"	}\n"
		"}\n",
		datapath_nft_words(place).family, unused_hook(place));
	if (datapath_text_run(&text, filter, error, datapath_nft_command))
		return -1;
	/* A closed connection stays to be counted; virtual time leaps when nothing runs. */
	return command_line(place->filter_ns, error,
			    "sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_time_wait=86400 "
			    "net.netfilter.nf_conntrack_tcp_timeout_close=86400 "
			    "net.netfilter.nf_conntrack_udp_timeout=86400");
}

/*
 * Flushed after they are counted: the next packet of the same addresses and ports, as pktgen
 * sends them, counts again.
 */
static int conntrack_hits(const struct datapath_filter *filter, uint64_t *packets,
			  struct twp_error *error)
{
	static const char *const count[] = { "conntrack", "-C", NULL };
	char *output = NULL;
	uint64_t connections;
	int found;

	if (command_run(filter->place->filter_ns, NULL, &output, error, count))
		return -1;
	found = sscanf(output, "%" SCNu64, &connections);
	free(output);
	if (found != 1)
		return twp_error_set(error, "conntrack -C printed no number");
	if (command_line(filter->place->filter_ns, error, "conntrack -F"))
		return -1;
	flushed += connections;
	*packets = flushed;
	return 0;
}

const struct datapath datapath_conntrack = {
	.name = "conntrack",
	.semantics = "Conntrack follows every connection, nothing is decided: everything passes.",
	.matches = "nothing",
	.stateful = true,
	.tools = (const char *const[]){ "nft", "conntrack", "sysctl", NULL },
	.able = datapath_nft_able_conntrack,
	.setup = conntrack_setup,
	.hits = conntrack_hits,
};
