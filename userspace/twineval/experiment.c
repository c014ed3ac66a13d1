// SPDX-License-Identifier: GPL-2.0-only
/* The experiments, in the order of the report. */
#include <string.h>

#include "experiment.h"
#include "experiments.h"

const struct experiment *const experiments[] = {
	&experiment_throughput, &experiment_latency, &experiment_complexity, &experiment_trace,
	&experiment_pps,	&experiment_change,  &experiment_switch,     NULL,
};

const struct experiment *experiment_find(const char *name)
{
	for (size_t i = 0; experiments[i]; i++)
		if (!strcmp(experiments[i]->name, name))
			return experiments[i];
	return NULL;
}
