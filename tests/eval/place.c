// SPDX-License-Identifier: GPL-2.0-only
/*
 * place - sets a topology of twineval up for the tests of this folder, and does in it
 * what they ask for, one verb after the other.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "twineval/command.h"
#include "twineval/measure.h"
#include "twineval/topology.h"

static const char usage[] =
	"usage: place TOPOLOGY off|on VERB...\n"
	"  place       prints the place, as NAME=VALUE\n"
	"  hold        waits for a line of its input, or the end\n"
	"  start       starts a program in the server's namespace that does not end\n"
	"  probe rr throughput pps   print what they found\n";

static const struct measure_work work = {
	.transactions = 500,
	.warmup = 100,
	.bytes = 16 << 20,
	.packets = 2000,
};

static void end_on_signal(int number)
{
	topology_teardown();
	_exit(128 + number);
}

static int print_place(const struct topology_place *place)
{
	printf("family=%d\nclient_ns=%s\nserver_ns=%s\nfilter_ns=%s\nclient_address=%s\n"
	       "server_address=%s\nclient_device=%s\nserver_device=%s\nfilter_in=%s\n"
	       "filter_out=%s\nnext_mac=%s\nhook=%d\n",
	       place->family, place->client_ns, place->server_ns, place->filter_ns,
	       place->client_address, place->server_address, place->client_device,
	       place->server_device, place->filter_in, place->filter_out ? place->filter_out : "",
	       place->next_mac, place->hook);
	return 0;
}

static int start(const struct topology_place *place, struct twp_error *error)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	pid_t process = command_start(place->server_ns, NULL, error, argv);

	if (process > 0)
		printf("started=%d\n", (int)process);
	return process > 0 ? 0 : -1;
}

static int rr(const struct topology_place *place, struct twp_error *error)
{
	struct measure_rr result;

	if (measure_rr(place, &work, &result, error))
		return -1;
	printf("p50_ns=%.0f\np99_ns=%.0f\nmean_ns=%.0f\n", result.p50_ns, result.p99_ns,
	       result.mean_ns);
	return 0;
}

static int obey(const char *verb, const struct topology_place *place, struct twp_error *error)
{
	double value;
	int result;

	if (!strcmp(verb, "place"))
		return print_place(place);
	if (!strcmp(verb, "start"))
		return start(place, error);
	if (!strcmp(verb, "rr"))
		return rr(place, error);
	if (!strcmp(verb, "hold")) {
		for (int byte = 0; byte != '\n' && byte != EOF;)
			byte = getchar();
		return 0;
	}
	if (!strcmp(verb, "probe")) {
		result = measure_probe(place, error);
		if (result >= 0)
			printf("probe=%d\n", result);
		return result < 0 ? -1 : 0;
	}
	if (!strcmp(verb, "throughput")) {
		result = measure_throughput(place, &work, &value, error);
		if (!result)
			printf("mbps=%.1f\n", value);
		return result;
	}
	if (!strcmp(verb, "pps")) {
		result = measure_pps(place, &work, &value, error);
		if (!result)
			printf("pps=%.0f\n", value);
		return result;
	}
	return twp_error_set(error, "no verb is called %s", verb);
}

int main(int argc, char **argv)
{
	struct topology *topology = argc > 2 ? topology_find(argv[1]) : NULL;
	struct twp_error error;
	int result = 0;

	if (!topology || (strcmp(argv[2], "off") && strcmp(argv[2], "on"))) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGTERM, end_on_signal);
	signal(SIGINT, end_on_signal);
	if (topology_setup(topology, !strcmp(argv[2], "on"), &error))
		errx(1, "%s", error.text);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 3; !result && i < argc; i++)
		result = obey(argv[i], &topology->place, &error);
	if (result)
		warnx("%s", error.text);
	topology_teardown();
	return result ? 1 : 0;
}
