// SPDX-License-Identifier: GPL-2.0-only
/*
 * A case as documents for twinctl, and flows of it with what the oracle says, for
 * a test that sends packets: namespaces e0 to e4 have the first address of the
 * generated endpoint of that number, whether it is told or not, w1 and w2 are
 * outside, and the host routes between them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agree.h"
#include "../unit/generate.h"

enum { SEEDS = 1000 };

static const struct place {
	const char *name; /* of the namespace */
	const char *four, *six;
} places[] = {
	{ "e0", "10.0.0.1", "fd00::1" },     { "e1", "10.0.0.2", "fd00::2" },
	{ "e2", "10.0.0.3", "fd00::3" },     { "e3", "10.0.0.4", "fd00::4" },
	{ "e4", "10.0.0.5", "fd00::5" },     { "w1", "192.0.2.40", "2001:db8::1" },
	{ "w2", "10.200.0.1", "fd00:1::1" }, { "host", "10.0.0.254", "fd00::fe" },
};

enum { PLACES = sizeof(places) / sizeof(places[0]) };

static const uint16_t ports[] = { 80, 443, 8080 };

enum { PORTS = sizeof(ports) / sizeof(ports[0]), CHOICES = PLACES * PLACES * PORTS * 2 * 2 };

/* One flow of many. */
struct choice {
	const struct place *client, *server;
	struct twp_flow flow;
	bool denied;
};

static struct twp_address address_of(const struct place *place, bool four)
{
	struct twp_address address;

	if (twp_address_parse(&address, four ? place->four : place->six))
		abort();
	return address;
}

/* Return: false for what is no question: the same end twice, or a flow that nobody's rules decide. */
static bool choice_make(struct choice *choice, const struct twp_compile_input *input,
			unsigned int number)
{
	bool four = number & 1, udp = number & 2;
	struct twp_answer oracle;

	choice->client = &places[number / 4 / PORTS / PLACES];
	choice->server = &places[number / 4 / PORTS % PLACES];
	if (choice->client == choice->server)
		return false;
	choice->flow = (struct twp_flow){
		.client = address_of(choice->client, four),
		.server = address_of(choice->server, four),
		.client_local = choice->client == &places[PLACES - 1],
		.server_local = choice->server == &places[PLACES - 1],
		.protocol = udp ? IPPROTO_UDP : IPPROTO_TCP,
		.port = ports[number / 4 % PORTS],
	};
	twp_oracle_ask(input, &choice->flow, &oracle);
	choice->denied = oracle.verdict == TWP_VERDICT_DENY;
	return oracle.why[TWP_EGRESS] != TWP_WHY_NOT_ISOLATED ||
	       oracle.why[TWP_INGRESS] != TWP_WHY_NOT_ISOLATED;
}

/* As a question of ask.c, for which the host's namespace is its own. */
static void choice_print(const struct choice *choice)
{
	char client[INET6_ADDRSTRLEN], server[INET6_ADDRSTRLEN];

	printf("%s %s %s %s %s %u %s\n", choice->flow.client_local ? "-" : choice->client->name,
	       twp_address_text(&choice->flow.client, client),
	       choice->flow.server_local ? "-" : choice->server->name,
	       twp_address_text(&choice->flow.server, server),
	       choice->flow.protocol == IPPROTO_UDP ? "udp" : "tcp", choice->flow.port,
	       choice->denied ? "deny" : "pass");
}

/* As many that pass as are denied. Return: false if there are too few of either. */
static bool flows_print(const struct twp_compile_input *input, unsigned int most)
{
	static struct choice found[2][CHOICES];
	unsigned int count[2] = { 0, 0 }, order[CHOICES];

	for (unsigned int i = 0; i < CHOICES; i++) {
		unsigned int other = pick(i + 1);

		order[i] = i;
		order[i] = order[other];
		order[other] = i;
	}
	for (unsigned int i = 0; i < CHOICES; i++) {
		struct choice choice;

		if (choice_make(&choice, input, order[i]))
			found[choice.denied][count[choice.denied]++] = choice;
	}
	if (count[0] < most / 2 || count[1] < most / 2)
		return false;
	for (unsigned int i = 0; i < most; i++)
		choice_print(&found[i % 2][i / 2]);
	return true;
}

static FILE *file_open(const char *folder, const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	if (!file)
		fprintf(stderr, "agree: %s: %s\n", path, strerror(errno));
	return file;
}

/* What a namespace was told before is forgotten only by telling it anew. */
static void bare_namespaces_print(const struct world *world, FILE *file)
{
	for (unsigned int i = 0; i < 3; i++) {
		char name[16];
		bool told = false;

		snprintf(name, sizeof(name), "n%u", i);
		for (size_t j = 0; j < world->inventory.namespaces; j++)
			told |= !strcmp(world->inventory.namespace[j].name, name);
		if (!told)
			fprintf(file,
				"---\n{apiVersion: v1, kind: Namespace, metadata: {name: %s}}\n",
				name);
	}
}

static int documents_write(const struct generated *g, const struct world *world, const char *folder)
{
	struct generated inventory = { 0 };
	int status = 0;
	FILE *file;

	for (size_t i = 0; i < g->files && !status; i++) {
		char name[32];

		if (g->file[i].kind != GENERATED_POLICY) {
			generated_add(&inventory, g->file[i].kind, g->file[i].number,
				      g->file[i].text);
			continue;
		}
		snprintf(name, sizeof(name), "policy%u.yaml", g->file[i].number);
		file = file_open(folder, name);
		status = !file || fputs(g->file[i].text, file) < 0 || fclose(file);
	}
	file = status ? NULL : file_open(folder, "inventory.yaml");
	status = !file;
	if (file) {
		generated_print(&inventory, file);
		bare_namespaces_print(world, file);
		status = fclose(file);
	}
	generated_clean(&inventory);
	return status;
}

int agree_flows(unsigned int seed, const char *folder, unsigned int most)
{
	struct twp_error error = { "no seed gives enough flows" };
	int status = 1;

	if (most > CHOICES)
		most = CHOICES;
	for (unsigned int i = seed; i < seed + SEEDS && status; i++) {
		struct generated g;
		struct world world;

		srandom(i);
		generated_make(&g);
		if (world_init(&world))
			abort();
		if (world_read(&world, &g, &error)) {
			world_clean(&world);
			generated_clean(&g);
			break;
		}
		struct twp_compile_input input = world_input(&world, 1);

		if (flows_print(&input, most)) {
			fprintf(stderr, "seed %u\n", i);
			status = documents_write(&g, &world, folder) ? 2 : 0;
		}
		world_clean(&world);
		generated_clean(&g);
		if (status == 2)
			break;
	}
	if (status == 1)
		fprintf(stderr, "agree: %s\n", error.text);
	return status ? 1 : 0;
}
