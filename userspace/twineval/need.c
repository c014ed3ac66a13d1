// SPDX-License-Identifier: GPL-2.0-only
/*
 * Needs: tools, entries and memory of a point. Each that is not met is a sentence that names
 * the need, so that a person can meet it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "need.h"

/* Kernel and loader together, while it loads: nft takes 1.2 kB for an element of a set, and
 * twinpathd keeps the documents beside the tables of both backends.
 */
#define ENTRY_BYTES 3072
#define MIB (1024 * 1024)

int need_tools(const char *const *tools, struct twp_error *error)
{
	for (; tools && *tools; tools++)
		if (!command_exists(*tools))
			return twp_error_set(error, "%s is not installed", *tools);
	return 0;
}

int need_experiment(const struct experiment *experiment, struct twp_error *error)
{
	if (need_tools(experiment->tools, error))
		return -1;
	return experiment->able ? experiment->able(error) : 0;
}

uint64_t need_memory_available(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	uint64_t kib = 0, bytes = UINT64_MAX;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %" SCNu64 " kB", &kib) == 1)
			bytes = kib * 1024;
	if (file)
		fclose(file);
	return bytes;
}

int need_entries(const struct point *point, uint64_t available, struct twp_error *error)
{
	unsigned int entries = point->filter.entries, max = point->datapath->max_entries;
	uint64_t bytes = (uint64_t)entries * ENTRY_BYTES;

	if (max && entries > max)
		return twp_error_set(error,
				     "%s is measured with up to %u entries: more take minutes",
				     point->datapath->name, max);
	if (bytes > available)
		return twp_error_set(error,
				     "%u entries take about %" PRIu64 " MiB to load, and %" PRIu64
				     " MiB are available",
				     entries, bytes / MIB, available / MIB);
	return 0;
}

int need_all(const struct point *point, struct twp_error *error)
{
	if (need_tools(point->datapath->tools, error) || need_experiment(point->experiment, error))
		return -1;
	return need_entries(point, need_memory_available(), error);
}
