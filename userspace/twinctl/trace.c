// SPDX-License-Identifier: GPL-2.0-only
/* twinctl policy validate and trace: what documents say, without a daemon. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "documents.h"

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

int ctl_policy_validate(const struct ctl_call *call)
{
	struct ctl_documents documents CTL_CLEAN(ctl_documents_clean) = { 0 };
	int result = ctl_documents_read(&documents, call);
	size_t objects = 0;

	if (result)
		return result;
	for (size_t i = 0; i < documents.policies; i++)
		objects += documents.policy[i].specs;
	if (call->json) {
		ctl_json_print(json_pack("{s:I,s:I,s:I,s:I,s:I}", "files",
					 (json_int_t)documents.policies, "policies",
					 (json_int_t)objects, "rules", (json_int_t)documents.rules,
					 "endpoints", (json_int_t)documents.inventory.endpoints,
					 "namespaces", (json_int_t)documents.inventory.namespaces),
			       false);
		return CTL_DONE;
	}
	printf("%zu file%s: %zu polic%s, %zu rule%s, %zu endpoint%s, %zu namespace%s\n",
	       documents.policies, plural(documents.policies), objects, objects == 1 ? "y" : "ies",
	       documents.rules, plural(documents.rules), documents.inventory.endpoints,
	       plural(documents.inventory.endpoints), documents.inventory.namespaces,
	       plural(documents.inventory.namespaces));
	return CTL_DONE;
}

/* ---- trace */

static const char *const why_words[] = {
	[TWP_WHY_NOT_ISOLATED] = "not_isolated",
	[TWP_WHY_RULE] = "rule",
	[TWP_WHY_SELF] = "self",
	[TWP_WHY_NODE] = "node",
	[TWP_WHY_DEFAULT_DENY] = "default_deny",
};

static const char *const why_sentences[] = {
	[TWP_WHY_NOT_ISOLATED] = "no policy denies by default",
	[TWP_WHY_RULE] = "by rule",
	[TWP_WHY_SELF] = "an endpoint reaches itself",
	[TWP_WHY_NODE] = "the node reaches its endpoints",
	[TWP_WHY_DEFAULT_DENY] = "default deny: no rule allows it",
};

/* The rules that decided one direction. */
struct deciders {
	char **text;
	size_t count;
};

static void decider_add(const struct twp_policy *policy, const struct twp_rule *rule, void *context)
{
	struct deciders *deciders = context;
	char text[TWP_RULE_TEXT];

	deciders->text = ctl_alloc(deciders->text, deciders->count + 1, sizeof(char *));
	deciders->text[deciders->count++] =
		ctl_format("%s: %s", policy->name, twp_rule_text(policy, rule, text));
}

static void deciders_clean(struct deciders *deciders)
{
	for (size_t i = 0; i < deciders->count; i++)
		free(deciders->text[i]);
	free(deciders->text);
}

struct traced {
	char *from, *to;
	struct ctl_port port;
	struct twp_answer answer;
	struct deciders deciders[TWP_DIRECTIONS];
};

static void traced_clean(struct traced *traced)
{
	free(traced->from);
	free(traced->to);
	for (int d = 0; d < TWP_DIRECTIONS; d++)
		deciders_clean(&traced->deciders[d]);
}

static json_t *deciders_json(const struct deciders *deciders)
{
	json_t *list = json_array();

	for (size_t i = 0; i < deciders->count; i++)
		json_array_append_new(list, json_string(deciders->text[i]));
	return list;
}

static void print_json(const struct traced *traced)
{
	const struct twp_answer *answer = &traced->answer;

	ctl_json_print(json_pack("{s:s,s:s,s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:o,s:o}", "from",
				 traced->from, "to", traced->to, "protocol",
				 ctl_port_protocol(&traced->port), "port",
				 (int)ctl_port_number(&traced->port), "egress",
				 ctl_verdict_word(answer->direction[TWP_EGRESS]), "ingress",
				 ctl_verdict_word(answer->direction[TWP_INGRESS]), "verdict",
				 ctl_verdict_word(answer->verdict), "egress_reason",
				 why_words[answer->why[TWP_EGRESS]], "ingress_reason",
				 why_words[answer->why[TWP_INGRESS]], "egress_rules",
				 deciders_json(&traced->deciders[TWP_EGRESS]), "ingress_rules",
				 deciders_json(&traced->deciders[TWP_INGRESS])),
		       false);
}

static void print_direction(const struct traced *traced, enum twp_direction d)
{
	const struct deciders *deciders = &traced->deciders[d];

	printf("%-7s of %s: %s, %s\n", d == TWP_EGRESS ? "egress" : "ingress",
	       d == TWP_EGRESS ? traced->from : traced->to,
	       ctl_verdict_word(traced->answer.direction[d]), why_sentences[traced->answer.why[d]]);
	for (size_t i = 0; i < deciders->count; i++)
		printf("        %s\n", deciders->text[i]);
}

/* Asks the module, with addresses of one family. */
static int kernel_ask(const struct ctl_call *call, const struct ctl_end *from,
		      const struct ctl_end *to, const char *port)
{
	const struct ctl_end *end[] = { from, to };
	char text[2][INET6_ADDRSTRLEN];
	struct ctl_given given[4];
	struct ctl_call classify = *call;
	uint8_t family = 0;

	for (int tries = 0; tries < 2; tries++) {
		bool found[2] = { false, false };

		family = tries ? TWP_FAMILY_IPV6 : TWP_FAMILY_IPV4;
		for (int i = 0; i < 2; i++) {
			const struct twp_endpoint *endpoint = end[i]->endpoint;

			found[i] = end[i]->local;
			if (end[i]->local)
				strcpy(text[i], "host");
			else if (!endpoint && end[i]->address.family == family)
				found[i] = twp_address_text(&end[i]->address, text[i]);
			for (size_t j = 0; endpoint && j < endpoint->addresses && !found[i]; j++)
				if (endpoint->address[j].family == family)
					found[i] = twp_address_text(&endpoint->address[j], text[i]);
		}
		if (!found[0] || !found[1])
			continue;
		given[0] = (struct ctl_given){ "from", text[0] };
		given[1] = (struct ctl_given){ "to", text[1] };
		given[2] = (struct ctl_given){ "port", port };
		given[3] = (struct ctl_given){ "backend", ctl_option(call, "kernel") };
		classify.given = given;
		classify.givens = 4;
		return ctl_classify(&classify);
	}
	return ctl_fail("the two ends have no addresses of one family, by which to ask the module");
}

int ctl_policy_trace(const struct ctl_call *call)
{
	struct ctl_documents documents CTL_CLEAN(ctl_documents_clean) = { 0 };
	struct traced traced CTL_CLEAN(traced_clean) = { 0 };
	const char *port = ctl_option(call, "port");
	struct ctl_end from, to;
	struct twp_flow flow;
	int result;

	if (!port)
		return ctl_usage(call, "trace wants '--port'");
	result = ctl_port_read(&traced.port, call, port);
	if (!result)
		result = ctl_documents_read(&documents, call);
	if (!result)
		result = ctl_end_read(&from, &documents, call, "from");
	if (!result)
		result = ctl_end_read(&to, &documents, call, "to");
	if (result)
		return result;
	if (ctl_option(call, "kernel"))
		return kernel_ask(call, &from, &to, port);
	flow =
		(struct twp_flow){ from.address,  to.address,		from.local,
				   to.local,	  traced.port.protocol, traced.port.port,
				   from.endpoint, to.endpoint };
	twp_oracle_ask(&documents.input, &flow, &traced.answer);
	for (int d = 0; d < TWP_DIRECTIONS; d++)
		twp_oracle_rules(&documents.input, &flow, d, &traced.answer, decider_add,
				 &traced.deciders[d]);
	traced.from = ctl_end_text(&from);
	traced.to = ctl_end_text(&to);
	if (call->json) {
		print_json(&traced);
		return CTL_DONE;
	}
	printf("%s to %s, %s: %s\n", traced.from, traced.to, port,
	       ctl_verdict_word(traced.answer.verdict));
	print_direction(&traced, TWP_EGRESS);
	print_direction(&traced, TWP_INGRESS);
	return CTL_DONE;
}
