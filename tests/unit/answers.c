// SPDX-License-Identifier: GPL-2.0-only
/* When two answers are the same, and how they are shown when they are not. */
#include "answers.h"

#include <string.h>

#include "image_judge.h"

struct search {
	uint32_t number;
	bool found;
};

static void rule_visit(const struct twp_policy *policy, const struct twp_rule *rule, void *context)
{
	struct search *search = context;

	(void)policy;
	search->found |= rule->number == search->number;
}

/* A decision of no rule: nothing is enforced, what needs no rule, or the default deny. */
static bool needs_no_rule(const struct twp_answer *oracle, enum twp_direction d)
{
	return !oracle->rule[d] || oracle->direction[d] == TWP_VERDICT_ALLOW;
}

static bool decision_is_right(const struct twp_compile_input *input, const struct twp_flow *flow,
			      const struct twp_answer *oracle, uint32_t decision,
			      enum twp_direction d)
{
	struct search search = { .number = TWP_DECISION_RULE(decision) };

	if (TWP_DECISION_VERDICT(decision) != (uint32_t)oracle->direction[d])
		return false;
	if (!search.number)
		return needs_no_rule(oracle, d);
	twp_oracle_rules(input, flow, d, oracle, rule_visit, &search);
	return search.found;
}

bool answer_is_right(const struct twp_compile_input *input, const struct twp_flow *flow,
		     const struct twp_answer *oracle, const struct tables_answer *answer)
{
	for (int d = 0; d < TWP_DIRECTIONS; d++)
		if (!decision_is_right(input, flow, oracle, answer->judgement.decision[d], d))
			return false;
	return answer->verdict == oracle->verdict;
}

struct twp_tuple flow_tuple(const struct twp_flow *flow)
{
	struct twp_tuple tuple = {
		.family = flow->client.family,
		.protocol = flow->protocol,
		.port = htons(flow->port),
		.flags = (flow->client_local ? TWP_TUPLE_CLIENT_LOCAL : 0) |
			 (flow->server_local ? TWP_TUPLE_SERVER_LOCAL : 0),
	};

	memcpy(tuple.client, flow->client.bytes, sizeof(tuple.client));
	memcpy(tuple.server, flow->server.bytes, sizeof(tuple.server));
	return tuple;
}

struct tables_answer answer_of_image(const struct twp_image *image, const struct twp_flow *flow)
{
	struct tables_answer answer = { .of = "image" };
	struct twp_tuple tuple = flow_tuple(flow);

	answer.verdict = image_judge(image, &tuple, &answer.judgement);
	return answer;
}

static void end_print(const struct twp_address *address, bool local, FILE *stream)
{
	char text[INET6_ADDRSTRLEN];

	twp_address_text(address, text);
	if (local)
		fprintf(stream, "host (%s)", text);
	else
		fputs(text, stream);
}

void flow_print(const struct twp_flow *flow, FILE *stream)
{
	end_print(&flow->client, flow->client_local, stream);
	fputs(" to ", stream);
	end_print(&flow->server, flow->server_local, stream);
	switch (flow->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		fprintf(stream, ", port %u/%s\n", flow->port,
			flow->protocol == IPPROTO_TCP ? "tcp" :
			flow->protocol == IPPROTO_UDP ? "udp" :
							"sctp");
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		fprintf(stream, ", port icmp%s/%u\n", flow->protocol == IPPROTO_ICMP ? "" : "v6",
			flow->port >> 8);
		break;
	default:
		fprintf(stream, ", port proto/%u\n", flow->protocol);
	}
}

static const char *verdict_word(uint32_t verdict)
{
	static const char *const words[] = { "nothing", "allow", "audit", "deny" };

	return verdict < sizeof(words) / sizeof(words[0]) ? words[verdict] : "nonsense";
}

static const char *const directions[TWP_DIRECTIONS] = {
	[TWP_INGRESS] = "ingress",
	[TWP_EGRESS] = "egress",
};

void oracle_print(const struct twp_answer *oracle, FILE *stream)
{
	static const char *const reasons[] = {
		[TWP_WHY_NOT_ISOLATED] = "not isolated", [TWP_WHY_RULE] = "by a rule",
		[TWP_WHY_SELF] = "reaches itself",	 [TWP_WHY_NODE] = "from the node",
		[TWP_WHY_DEFAULT_DENY] = "default deny",
	};

	fprintf(stream, "  %-6s %s", "oracle", verdict_word(oracle->verdict));
	for (int d = TWP_EGRESS; d >= TWP_INGRESS; d--) {
		char text[TWP_RULE_TEXT];

		fprintf(stream, "; %s %s, ", directions[d], verdict_word(oracle->direction[d]));
		if (oracle->rule[d])
			fprintf(stream, "rule %u: %s %s", oracle->rule[d]->number,
				oracle->policy[d]->name,
				twp_rule_text(oracle->policy[d], oracle->rule[d], text));
		else
			fputs(reasons[oracle->why[d]], stream);
	}
	fputc('\n', stream);
}

void answer_print(const struct tables_answer *answer, FILE *stream)
{
	fprintf(stream, "  %-6s %s", answer->of, verdict_word(answer->verdict));
	for (int d = TWP_EGRESS; d >= TWP_INGRESS; d--) {
		uint32_t decision = answer->judgement.decision[d];

		fprintf(stream, "; %s %s, ", directions[d],
			verdict_word(TWP_DECISION_VERDICT(decision)));
		if (TWP_DECISION_RULE(decision))
			fprintf(stream, "rule %u", TWP_DECISION_RULE(decision));
		else
			fputs("no rule", stream);
	}
	fprintf(stream, "; identities %u and %u\n", answer->judgement.client,
		answer->judgement.server);
}
