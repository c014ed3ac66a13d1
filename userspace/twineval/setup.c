// SPDX-License-Identifier: GPL-2.0-only
/*
 * Setup: makes the network and the filter of a point anew, and proves what can be proved before
 * anything is measured. A filter that is not in the path measures as a fast one.
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "measure.h"
#include "setup.h"

/* ---- the folder */

static char folder[64];

int setup_folder_make(struct twp_error *error)
{
	const char *parent = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%s/twineval-XXXXXX",
		 parent && strlen(parent) < 40 ? parent : "/tmp");
	if (mkdtemp(folder))
		return 0;
	twp_error_set(error, "%s: %s", folder, strerror(errno));
	*folder = '\0';
	return -1;
}

static int remove_below(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	if (walk->level)
		remove(path);
	return 0;
}

static void folder_empty(void)
{
	nftw(folder, remove_below, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void setup_folder_remove(void)
{
	if (!*folder)
		return;
	folder_empty();
	rmdir(folder);
	*folder = '\0';
}

/* ---- the proof */

int setup_hits(const struct setup *setup, uint64_t *packets, struct twp_error *error)
{
	*packets = 0;
	if (!setup->filters || !setup->datapath->hits)
		return 0;
	return setup->datapath->hits(&setup->filter, packets, error);
}

static int expect_probe(const struct setup *setup, bool passes, struct twp_error *error)
{
	int passed = measure_probe(setup->filter.place, error);

	if (passed < 0 || passed == passes)
		return passed < 0 ? -1 : 0;
	return twp_error_set(
		error,
		"the entries of %s are not there: once the last is changed, a connection to "
		"port %d %s",
		setup->datapath->name, EVAL_PROBE_PORT, passed ? "still passes" : "does not pass");
}

/* What denies by default denies without a single entry, too: its last one is seen to be there by being
 * changed, and changed back.
 */
static int prove_entries(const struct setup *setup, struct twp_error *error)
{
	const struct datapath *datapath = setup->datapath;

	if (!setup->filters || !datapath->default_deny || !datapath->change ||
	    !setup->filter.entries)
		return 0;
	if (datapath->change(&setup->filter, 1, false, error) || expect_probe(setup, true, error) ||
	    datapath->change(&setup->filter, 1, true, error))
		return -1;
	return expect_probe(setup, false, error);
}

int setup_prove(const struct setup *setup, struct twp_error *error)
{
	bool denies = datapath_denies(setup->datapath, &setup->filter);
	const char *name = setup->datapath->name;
	uint64_t before, after;
	int passed;

	if (setup_hits(setup, &before, error))
		return -1;
	passed = measure_probe(setup->filter.place, error);
	if (passed < 0 || setup_hits(setup, &after, error))
		return -1;
	if (denies && passed)
		return twp_error_set(error,
				     "%s is not in the path: a connection to port %d passes, which "
				     "it denies",
				     name, EVAL_PROBE_PORT);
	if (!denies && !passed)
		return twp_error_set(error,
				     "%s denies a connection to port %d with no entry for it", name,
				     EVAL_PROBE_PORT);
	if (setup->datapath->hits && after <= before)
		return twp_error_set(
			error, "%s is not in the path: its counter did not see the probe", name);
	return 0;
}

/* ---- the network and the filter */

int setup_network(struct setup *setup, const struct point *point, struct twp_error *error)
{
	int passed;

	*setup = (struct setup){
		.topology = point->topology,
		.datapath = point->datapath,
		.filter = point->filter,
		.offloads = point->offloads,
	};
	if (topology_setup(setup->topology, setup->offloads, error))
		return -1;
	passed = measure_probe(setup->filter.place, error);
	if (passed < 0)
		return -1;
	if (!passed)
		return twp_error_set(error,
				     "topology %s: no connection to port %d even without a filter",
				     setup->topology->name, EVAL_PROBE_PORT);
	return 0;
}

static int read_bridge_netfilter(void *context)
{
	FILE *file = fopen("/proc/sys/net/bridge/bridge-nf-call-iptables", "re");
	int on = 0;

	(void)context;
	if (!file)
		return 0;
	if (fscanf(file, "%d", &on) != 1)
		on = 0;
	fclose(file);
	return on;
}

int setup_filter(struct setup *setup, struct twp_error *error)
{
	const struct topology_place *place = setup->filter.place;

	folder_empty();
	setup->filter.folder = folder;
	if (setup->datapath->able && setup->datapath->able(&setup->filter, error))
		return -1;
	setup->filters = true;
	if (setup->datapath->setup(&setup->filter, error))
		return -1;
	setup->bridge_netfilter = place->hook == TOPOLOGY_BRIDGE &&
				  command_in(place->filter_ns, read_bridge_netfilter, NULL) > 0;
	return setup_prove(setup, error) ? -1 : prove_entries(setup, error);
}

void setup_close(struct setup *setup)
{
	if (setup->filters && setup->datapath->teardown)
		setup->datapath->teardown(&setup->filter);
	setup->filters = false;
	topology_teardown();
}
