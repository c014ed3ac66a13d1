// SPDX-License-Identifier: GPL-2.0-only
/* Shows disagreements, and plants them, so that it is seen that they are found. */
#include "disagreement.h"

#include <string.h>

#include "answers.h"
#include "shrink.h"

struct asking {
	const struct twp_flow *flow;
	disagreement_ask *ask;
	void *context;
};

static bool still(const struct generated *g, void *context)
{
	const struct asking *asking = context;

	return asking->ask(g, asking->flow, NULL, asking->context);
}

void disagreement_show(struct generated *g, unsigned int seed, const struct twp_flow *flow,
		       unsigned int tries, disagreement_ask *ask, void *context, FILE *stream)
{
	struct asking asking = { flow, ask, context };

	fprintf(stream, "seed %u: disagreement about ", seed);
	flow_print(flow, stream);
	ask(g, flow, stream, context);
	/* Whoever waits for the rest sees at least this. */
	fflush(stream);
	tries = shrink(g, tries, still, &asking);
	fprintf(stream, "the smallest case that still shows it, after %u tries%s:\n", tries,
		g->default_deny ? " (with --default-deny on)" : "");
	ask(g, flow, stream, context);
	generated_print(g, stream);
	fflush(stream);
}

bool disagreement_plant(struct twp_image *image)
{
	const struct twp_table *rules = &image->table[TWP_TABLE_RULES];

	for (size_t i = 0; i < rules->count; i++) {
		unsigned char *place = rules->rows + i * twp_row_size(TWP_TABLE_RULES) +
				       twp_table_layouts[TWP_TABLE_RULES].key_size;
		struct twp_rule_value value;

		memcpy(&value, place, sizeof(value));
		if (TWP_DECISION_VERDICT(value.decision) != TWP_VERDICT_ALLOW ||
		    !TWP_DECISION_RULE(value.decision))
			continue;
		value.decision = TWP_DECISION(TWP_VERDICT_DENY, TWP_DECISION_RULE(value.decision));
		memcpy(place, &value, sizeof(value));
		return true;
	}
	return false;
}
