// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the datapaths share: their entries, the programs that load them, and
 * br_netfilter.
 */
#include "datapath_filter.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#define FIRST_PORT 10001
#define BRIDGE_SYSCTL "net.bridge.bridge-nf-call-"

_Static_assert(FIRST_PORT + 2 * DATAPATH_PORTS_MAX <= 65536, "an entry has a port, and another");

/* ---- entries */

static void entry_client(const struct datapath_filter *filter, unsigned int port,
			 struct datapath_entry *entry)
{
	*entry = (struct datapath_entry){ .client = true, .port = port };
	snprintf(entry->peer, sizeof(entry->peer), "%s", filter->place->client_address);
}

void datapath_entry_other(const struct datapath_filter *filter, unsigned int number, bool changed,
			  struct datapath_entry *entry)
{
	if (filter->shape == DATAPATH_PORTS) {
		entry_client(filter, FIRST_PORT + number + (changed ? DATAPATH_PORTS_MAX : 0),
			     entry);
		return;
	}
	*entry = (struct datapath_entry){ .number = number, .port = FIRST_PORT + changed };
	datapath_peer(filter->place->family, number, entry->peer);
}

void datapath_entry_probe(const struct datapath_filter *filter, struct datapath_entry *entry)
{
	entry_client(filter, EVAL_PROBE_PORT, entry);
}

void datapath_entry_deny(const struct datapath_filter *filter, unsigned int number, bool changed,
			 struct datapath_entry *entry)
{
	if (number + 1 == filter->entries && !changed)
		datapath_entry_probe(filter, entry);
	else
		datapath_entry_other(filter, number, changed, entry);
}

void datapath_entry_allow(const struct datapath_filter *filter, unsigned int number, bool changed,
			  struct datapath_entry *entry)
{
	if (number + 1 == filter->entries && changed)
		datapath_entry_probe(filter, entry);
	else
		datapath_entry_other(filter, number, changed, entry);
}

unsigned int datapath_peers(const struct datapath_filter *filter)
{
	if (filter->shape == DATAPATH_PORTS)
		return 0;
	return filter->entries < DATAPATH_PEERS ? filter->entries : DATAPATH_PEERS;
}

void datapath_entry_allow_label(const struct datapath_filter *filter, unsigned int number,
				bool changed, struct datapath_entry *entry)
{
	const unsigned int peers = datapath_peers(filter);

	datapath_entry_allow(filter, number, changed, entry);
	if (entry->client)
		return;
	entry->number = number % peers;
	datapath_peer(filter->place->family, entry->number, entry->peer);
	/* Two for each round: an entry's own, and the one that it is changed to. */
	entry->port += 2 * (number / peers);
}

/* ---- text for programs */

int datapath_text_open(struct datapath_text *text, struct twp_error *error)
{
	*text = (struct datapath_text){ 0 };
	text->file = open_memstream(&text->bytes, &text->length);
	return text->file ? 0 : twp_error_set(error, "out of memory");
}

int datapath_text_run(struct datapath_text *text, const struct datapath_filter *filter,
		      struct twp_error *error, const char *const argv[])
{
	int failed = ferror(text->file);
	int result = -1;

	if (fclose(text->file) || failed)
		twp_error_set(error, "out of memory for the input of %s", argv[0]);
	else
		result = command_run(filter->place->filter_ns, text->bytes, NULL, error, argv);
	free(text->bytes);
	return result;
}

/* ---- br_netfilter */

/* What the kernel lacked before datapath_prepare() loaded it. */
static bool bridge_loaded;

static bool bridge_there(void)
{
	return !access("/proc/sys/net/bridge", F_OK);
}

int datapath_able_ip(const struct datapath_filter *filter, struct twp_error *error)
{
	if (filter->place->hook != TOPOLOGY_BRIDGE || bridge_there() ||
	    !command_line(NULL, NULL, "modprobe -n -q br_netfilter"))
		return 0;
	return twp_error_set(error, "the kernel has no br_netfilter, without which the hooks of IP "
				    "do not see what is bridged");
}

/* A new namespace starts with all three on. */
static int bridge_set(const struct topology_place *place, bool ip, struct twp_error *error)
{
	return command_line(place->filter_ns, error,
			    "sysctl -qw " BRIDGE_SYSCTL "arptables=0 " BRIDGE_SYSCTL
			    "iptables=%d " BRIDGE_SYSCTL "ip6tables=%d",
			    ip && place->family == 4, ip && place->family == 6);
}

int datapath_prepare(const struct datapath_filter *filter, bool ip, struct twp_error *error)
{
	if (filter->shape == DATAPATH_PORTS && filter->entries > DATAPATH_PORTS_MAX)
		return twp_error_set(error, "%u entries of one peer: there are ports for %u",
				     filter->entries, DATAPATH_PORTS_MAX);
	if (filter->place->hook != TOPOLOGY_BRIDGE || (!ip && !bridge_there()))
		return 0;
	if (!bridge_there()) {
		if (command_line(NULL, error, "modprobe br_netfilter"))
			return -1;
		bridge_loaded = true;
	}
	return bridge_set(filter->place, ip, error);
}

void datapath_unprepare(const struct datapath_filter *filter)
{
	(void)filter;
	/* Its hooks cost every bridge, even where they are off. */
	if (bridge_loaded && !command_line(NULL, NULL, "rmmod br_netfilter"))
		bridge_loaded = false;
}
