// SPDX-License-Identifier: GPL-2.0-only
/*
 * prober_run - runs the prober of twineval through a path that answers late, or not at all for a while.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/memory.h"
#include "twineval/command.h"
#include "twineval/prober.h"
#include "twineval/topology.h"

static const char usage[] =
	"usage: prober_run late|denied MS\n"
	"  late    for so many milliseconds packets wait for the address of the next hop\n"
	"  denied  for so many milliseconds a filter drops what opens a connection\n"
	"Prints sent lost connections denied late, and of the probes passed and not, as NAME=VALUE.\n";

#define ENOUGH 150 /* probes */

static char neighbour[64];

/* Nobody answers who asks for the next hop, and any number of packets waits for it. */
static int wait_begin(const struct topology_place *place, struct twp_error *error)
{
	const char *const show[] = { "ip", "neigh", "show", "dev", place->client_device, NULL };
	TWP_AUTOFREE char *known = NULL;

	if (command_run(place->client_ns, NULL, &known, error, show))
		return -1;
	if (sscanf(known, "%63s", neighbour) != 1)
		return twp_error_set(error, "no neighbour of %s", place->client_device);
	if (command_line(place->filter_ns, error, "sysctl -qw net.ipv4.conf.all.arp_ignore=8") ||
	    command_line(place->client_ns, error,
			 "sysctl -qw net.ipv4.neigh.%s.unres_qlen_bytes=100000000",
			 place->client_device))
		return -1;
	return command_line(place->client_ns, error, "ip neigh del %s dev %s", neighbour,
			    place->client_device);
}

static int wait_end(const struct topology_place *place, struct twp_error *error)
{
	return command_line(place->client_ns, error,
			    "ip neigh replace %s lladdr %s dev %s nud permanent", neighbour,
			    place->next_mac, place->client_device);
}

static int drop_begin(const struct topology_place *place, struct twp_error *error)
{
	static const char rules[] = "table ip refuse {\n"
				    "	chain first {\n"
				    "		type filter hook prerouting priority 0;\n"
				    "		tcp flags & (syn | ack) == syn drop\n"
				    "	}\n"
				    "}\n";
	static const char *const nft[] = { "nft", "-f", "-", NULL };

	return command_run(place->filter_ns, rules, NULL, error, nft);
}

static int drop_end(const struct topology_place *place, struct twp_error *error)
{
	return command_line(place->filter_ns, error, "nft delete table ip refuse");
}

static int disturb(const struct prober *prober, const struct topology_place *place, bool late,
		   useconds_t us, struct twp_error *error)
{
	if (prober_wait(prober, 20, error) ||
	    (late ? wait_begin(place, error) : drop_begin(place, error)))
		return -1;
	/* Some, however seldom the prober has a turn; but late by a second is sent again. */
	if (!late && prober_wait(prober, ENOUGH, error))
		return -1;
	usleep(us);
	if (late ? wait_end(place, error) : drop_end(place, error))
		return -1;
	/* Until TCP has sent again what was dropped. */
	usleep(1300000);
	return prober_wait(prober, late ? 20 : ENOUGH, error);
}

static int run(const struct topology_place *place, bool late, useconds_t us,
	       struct twp_error *error)
{
	struct prober_counts counts = { 0 };
	struct prober prober;
	const struct probe *probe;
	size_t count, passed = 0;
	int result = prober_start(&prober, place, error);

	if (!result)
		result = disturb(&prober, place, late, us, error);
	if (!result)
		result = prober_stop(&prober, &counts, error);
	if (!result) {
		count = prober_probes(&prober, &probe);
		for (size_t i = 0; i < count; i++)
			passed += probe[i].passed;
		printf("sent=%ju\nlost=%ju\nconnections=%ju\ndenied=%ju\nlate=%ju\npassed=%zu\n"
		       "not=%zu\n",
		       (uintmax_t)counts.sent, (uintmax_t)counts.lost,
		       (uintmax_t)counts.connections, (uintmax_t)counts.denied,
		       (uintmax_t)counts.late, passed, count - passed);
	}
	prober_clean(&prober);
	return result;
}

int main(int argc, char **argv)
{
	struct topology *routed = topology_find("routed");
	struct twp_error error = { "" };
	int result;

	if (argc != 3 || (strcmp(argv[1], "late") && strcmp(argv[1], "denied"))) {
		fputs(usage, stderr);
		return 2;
	}
	if (topology_setup(routed, false, &error))
		errx(1, "%s", error.text);
	result = run(&routed->place, !strcmp(argv[1], "late"), 1000u * (unsigned int)atoi(argv[2]),
		     &error);
	topology_teardown();
	if (result)
		errx(1, "%s", error.text);
	return 0;
}
