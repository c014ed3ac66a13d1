// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random endpoints and policies, seeded: the oracle and the compiled image must
 * say the same of random flows; and a step from one state to the next that is
 * said to take nothing away must take nothing away.
 *
 * GENERATED_SEED and GENERATED_ROUNDS in the environment change what is run.
 */
#include <netinet/in.h>

#include "model.h"

enum { FLOWS = 400 };

static unsigned int pick(unsigned int below)
{
	return (unsigned int)random() % below;
}

/* Text that grows. */
struct text {
	char bytes[1 << 16];
	size_t length;
};

static void say(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text->length += (size_t)vsnprintf(text->bytes + text->length,
					  sizeof(text->bytes) - text->length, format, arguments);
	va_end(arguments);
	assert_true(text->length < sizeof(text->bytes));
}

static void say_selector(struct text *text, bool peer)
{
	unsigned int kind = pick(12);
	unsigned int labels = kind < 8 ? 1 : 2;

	if (kind == 11) {
		say(text, "{matchLabels: {'reserved:%s': ''}}", peer && pick(2) ? "world" : "host");
	} else if (kind == 10 || (!peer && kind > 6)) {
		say(text, pick(2) ? "{}" : "{matchLabels: {}}");
	} else {
		say(text, "{matchLabels: {");
		for (unsigned int i = 0; i < labels; i++)
			say(text, "k%u: v%u, ", 2 * pick(2) + i, pick(3));
		say(text, "}}");
	}
}

static void say_ports(struct text *text)
{
	static const char *const protocols[] = { "TCP", "UDP", "SCTP", "ANY" };

	say(text, "toPorts: [");
	for (unsigned int items = pick(3), i = 0; i < items; i++) {
		say(text, "{ports: [");
		for (unsigned int ports = pick(8) ? 1 + pick(2) : 0, j = 0; j < ports; j++) {
			say(text, "{port: %u", pick(6) ? 1 + pick(4) : 0);
			if (pick(4))
				say(text, ", protocol: %s", protocols[pick(4)]);
			say(text, "}, ");
		}
		say(text, "]}, ");
	}
	say(text, "]");
}

static void say_section(struct text *text, enum twp_section section)
{
	const char *peers = section < TWP_SECTION_EGRESS ? "fromEndpoints" : "toEndpoints";

	say(text, "  %s: [", twp_section_names[section]);
	for (unsigned int rules = pick(8) ? 1 + pick(3) : 0, i = 0; i < rules; i++) {
		unsigned int selectors = pick(8) ? 1 + pick(2) : 0;

		say(text, "{");
		if (pick(8)) {
			say(text, "%s: [", peers);
			for (unsigned int j = 0; j < selectors; j++) {
				say_selector(text, true);
				say(text, ", ");
			}
			say(text, "], ");
		}
		if (pick(3))
			say_ports(text);
		say(text, "}, ");
	}
	say(text, "]\n");
}

static void policy_generate(struct model *m, struct text *text)
{
	unsigned int specs = 1 + pick(3);

	text->length = 0;
	for (unsigned int i = 0; i < specs; i++) {
		say(text, "- endpointSelector: ");
		say_selector(text, false);
		say(text, "\n");
		for (int s = 0; s < TWP_SECTIONS; s++)
			if (!pick(s % 2 ? 4 : 2))
				say_section(text, s);
	}
	model_policy(m, "generated", text->bytes);
}

static void endpoint_generate(struct model *m, unsigned int number)
{
	char name[16], labels[64] = "", addresses[64];

	snprintf(name, sizeof(name), "e%u", number);
	for (int k = 0; k < 4; k++)
		if (pick(2))
			snprintf(labels + strlen(labels), sizeof(labels) - strlen(labels),
				 "k%d=v%u ", k, pick(3));
	snprintf(addresses, sizeof(addresses), "10.0.0.%u fd00::%x", number + 1, number + 1);
	model_endpoint(m, name, labels, addresses);
}

/* One of the addresses that may be an endpoint's, or are nobody's; sometimes at this machine. */
static void end_generate(struct twp_address *address, bool *local, bool four)
{
	uint8_t four_bytes[4] = { 10, 0, 0, (uint8_t)(1 + pick(14)) };
	uint8_t six_bytes[16] = { 0xfd, [15] = (uint8_t)(1 + pick(14)) };

	twp_address_set(address, four ? four_bytes : six_bytes, four ? 4 : 16);
	*local = !pick(6);
	/* A client that has no address yet: the host, or nobody. */
	if (!pick(30))
		memset(address->bytes, 0, sizeof(address->bytes));
}

static struct twp_flow flow_generate(void)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_ICMP,
					     47 };
	struct twp_flow flow = { .protocol = protocols[pick(sizeof(protocols))] };
	bool four = pick(2);

	end_generate(&flow.client, &flow.client_local, four);
	end_generate(&flow.server, &flow.server_local, four);
	flow.port = (uint16_t)pick(6);
	if (flow.protocol == 47)
		flow.port = 0;
	return flow;
}

static unsigned int setting(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned int)strtoul(text, NULL, 10) : otherwise;
}

/* Changes one thing. */
static void model_change(struct model *m, struct text *text, unsigned int *endpoints)
{
	switch (pick(4)) {
	case 0:
		if (*endpoints < 10)
			endpoint_generate(m, (*endpoints)++);
		break;
	case 1:
		if (m->policies)
			twp_policy_clean(&m->policy[--m->policies]);
		break;
	case 2:
		if (m->endpoints && m->endpoint[m->endpoints - 1].addresses == 2)
			m->endpoint[m->endpoints - 1].addresses--;
		break;
	default:
		policy_generate(m, text);
	}
}

struct totals {
	unsigned int flows, allowed, steps, took;
};

static void round_run(struct text *text, struct totals *totals)
{
	struct twp_image image, before = { 0 };
	unsigned int endpoints = 2 + pick(6);
	enum twp_verdict was[FLOWS];
	struct twp_flow flow[FLOWS];
	struct model m;

	model_init(&m);
	for (unsigned int i = 0; i < endpoints; i++)
		endpoint_generate(&m, i);
	if (!pick(3))
		model_endpoint(&m, "host", pick(2) ? "reserved:host k0=v0" : "reserved:host",
			       pick(2) ? "10.0.0.14" : "");
	for (unsigned int i = pick(5); i > 0; i--)
		policy_generate(&m, text);
	for (int i = 0; i < FLOWS; i++)
		flow[i] = flow_generate();

	for (int step = 0; step < 4; step++) {
		struct twp_diff diff;
		bool takes;

		model_compile(&m, &image);
		assert_int_equal(twp_diff_make(&diff, &before, &image), 0);
		takes = twp_diff_takes_away(&diff);
		twp_diff_clean(&diff);
		for (int i = 0; i < FLOWS; i++) {
			enum twp_verdict is = model_judge(&m, &image, &flow[i]);

			if (step && !takes && was[i] == TWP_VERDICT_ALLOW)
				assert_int_equal(is, TWP_VERDICT_ALLOW);
			was[i] = is;
			totals->allowed += is == TWP_VERDICT_ALLOW;
		}
		totals->flows += FLOWS;
		totals->steps += step > 0;
		totals->took += step > 0 && takes;
		twp_image_clean(&before);
		before = image;
		for (unsigned int changes = 1 + pick(3); changes; changes--)
			model_change(&m, text, &endpoints);
	}
	twp_image_clean(&before);
	model_clean(&m);
}

static void oracle_and_image_agree(void **state)
{
	unsigned int seed = setting("GENERATED_SEED", 1);
	unsigned int rounds = setting("GENERATED_ROUNDS", 300);
	struct totals totals = { 0 };
	static struct text text;

	(void)state;
	for (unsigned int i = 0; i < rounds; i++) {
		srandom(seed + i);
		round_run(&text, &totals);
	}
	print_message("           %u flows, %u allowed; %u changes, %u take something away\n",
		      totals.flows, totals.allowed, totals.steps, totals.took);
	/* The generator must not drift into the trivial. */
	assert_in_range(totals.allowed, totals.flows / 10, totals.flows / 10 * 9);
	assert_in_range(totals.took, totals.steps / 10, totals.steps / 10 * 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oracle_and_image_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
