// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipset: one rule of legacy iptables asks one set. Changed by ipset restore, entry by
 * entry: it has no transactions.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "datapath_filter.h"
#include "datapath_iptables.h"

static const char *const restore[] = { "ipset", "restore", NULL };

static void write_entry(FILE *out, const char *verb, const struct datapath_filter *filter,
			unsigned int number, bool changed)
{
	struct datapath_entry entry;

	datapath_entry_deny(filter, number, changed, &entry);
	fprintf(out, "%s twineval %s,tcp:%u\n", verb, entry.peer, entry.port);
}

/* Its hash grows with what is added, as it does for its users. */
static int set_load(const struct datapath_filter *filter, struct twp_error *error)
{
	struct datapath_text text;

	if (datapath_text_open(&text, error))
		return -1;
	fprintf(text.file, "create twineval hash:ip,port family %s maxelem %u\n",
		filter->place->family == 6 ? "inet6" : "inet", filter->entries + 1);
	for (unsigned int i = 0; i < filter->entries; i++)
		write_entry(text.file, "add", filter, i, false);
	return datapath_text_run(&text, filter, error, restore);
}

static void write_rule(FILE *out, const struct datapath_filter *filter, unsigned int changed)
{
	(void)changed;
	fprintf(out, "-A %s -m set --match-set twineval src,dst -j DROP\n",
		datapath_iptables_chain(filter->place));
}

static int setup(const struct datapath_filter *filter, struct twp_error *error)
{
	if (datapath_prepare(filter, true, error) || set_load(filter, error))
		return -1;
	return datapath_iptables_legacy_load(filter, 0, write_rule, error);
}

static int change(const struct datapath_filter *filter, unsigned int changed, bool deny,
		  struct twp_error *error)
{
	struct datapath_text text;

	if (datapath_text_open(&text, error))
		return -1;
	for (unsigned int i = filter->entries - changed; i < filter->entries; i++) {
		write_entry(text.file, "del", filter, i, deny);
		write_entry(text.file, "add", filter, i, !deny);
	}
	return datapath_text_run(&text, filter, error, restore);
}

static int memory(const struct datapath_filter *filter, uint64_t *bytes, struct twp_error *error)
{
	static const char *const list[] = { "ipset", "list", "-t", "twineval", NULL };
	static const char head[] = "Size in memory: ";
	char *output = NULL;
	const char *line;
	int found;

	if (command_run(filter->place->filter_ns, NULL, &output, error, list))
		return -1;
	line = strstr(output, head);
	found = line ? sscanf(line + strlen(head), "%" SCNu64, bytes) : 0;
	free(output);
	return found == 1 ? 0 : twp_error_set(error, "ipset list -t told no size in memory");
}

const struct datapath datapath_ipset = {
	.name = "ipset",
	.semantics =
		"One rule of legacy iptables looks each packet, forwarded replies too, up in one hash:ip,port "
		"set (source address, protocol, destination port; drop); what is not in the set "
		"passes.",
	.matches = "addresses and ports",
	.max_entries = 1000000,
	.tools = (const char *const[]){ "ipset", "iptables-legacy-restore", "iptables-legacy-save",
					NULL },
	.able = datapath_iptables_able_legacy,
	.setup = setup,
	.hits = datapath_iptables_legacy_hits,
	.change = change,
	.memory = memory,
	.teardown = datapath_unprepare,
};
