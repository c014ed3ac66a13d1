// SPDX-License-Identifier: GPL-2.0-only
/*
 * datapath_run - one datapath in namespaces that are there: it is set up, the flow has to
 * pass, the probe has to be denied, the counter has to move, and changes have to hold.
 * Both ports have a server (traffic) in the server's namespace.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "twineval/command.h"
#include "twineval/datapath.h"
#include "twineval/measure_socket.h"

#define SKIPPED 77
#define PATIENCE_MS 60000 /* for what must come: only a hang takes so long */

static const char usage[] =
	"usage: datapath_run list\n"
	"       datapath_run load DATAPATH HOOK FAMILY SHAPE ENTRIES CLIENT_NS CLIENT_ADDRESS\n"
	"                    SERVER_NS SERVER_ADDRESS FILTER_NS FILTER_IN\n"
	"       datapath_run check ... (as load)\n"
	"\n"
	"load sets up and proves, check changes too. HOOK: forward, bridge or local-in; SHAPE:\n"
	"policies or ports. Exit status 77: the datapath cannot filter there, and says why.\n";

static const struct datapath *datapath;
static struct topology_place place;
static struct datapath_filter filter;
static bool is_set_up;

/* The sentence that ends the program; what is outside the namespaces goes away, too. */
static _Noreturn void give_up(const char *what, const struct twp_error *error)
{
	if (is_set_up && datapath->teardown)
		datapath->teardown(&filter);
	errx(1, "%s with %u entries: %s%s%s", datapath->name, filter.entries, what,
	     error ? ": " : "", error ? error->text : "");
}

static void check(bool true_, const char *what)
{
	if (!true_)
		give_up(what, NULL);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Does one message of the kind ("tcp-connects", "udp") come back? */
static bool passes(const char *kind, unsigned int port)
{
	struct twp_error error = { 0 };
	bool passed = !command_line(place.client_ns, &error,
				    "traffic client --to %s --port %u --%s --count 1 --deadline %d",
				    place.server_address, port, kind, PATIENCE_MS);

	if (!passed)
		warnx("%s", error.text);
	return passed;
}

static int connection_begin(int port)
{
	struct sockaddr_storage to;
	socklen_t length = measure_address(&to, place.family, place.server_address, port);
	struct twp_error error;
	int fd = command_socket(place.client_ns, to.ss_family, SOCK_STREAM | SOCK_NONBLOCK, &error);

	if (fd < 0)
		give_up("connection", &error);
	/* What becomes of it, connection_stands() sees. */
	if (connect(fd, (struct sockaddr *)&to, length) && errno != EINPROGRESS)
		warn("connection to port %d", port);
	return fd;
}

static bool connection_stands(int fd, int patience_ms)
{
	struct pollfd answered = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int cause = ETIMEDOUT;

	if (poll(&answered, 1, patience_ms) > 0)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &size);
	return !cause;
}

/*
 * Is the probe denied? A connection of the flow is begun after it, and there is one way for both, one
 * queue after the other and all on one processor: when that stands, the probe has no answer to come.
 */
static bool is_denied(void)
{
	int probe, flow;
	bool denied;

	probe = connection_begin(EVAL_PROBE_PORT);
	flow = connection_begin(EVAL_PORT);
	check(connection_stands(flow, PATIENCE_MS),
	      "TCP of the flow does not pass after the probe");
	denied = !connection_stands(probe, 0);
	close(probe);
	close(flow);
	return denied;
}

/* The queues of packets belong to processors. */
static void stay_on_one_processor(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		err(1, "sched_setaffinity");
}

static uint64_t hits(void)
{
	struct twp_error error;
	uint64_t packets = 0;

	if (datapath->hits && datapath->hits(&filter, &packets, &error))
		give_up("hits", &error);
	return packets;
}

static void prove(bool denied)
{
	uint64_t before = hits();

	check(passes("tcp-connects", EVAL_PORT), "TCP of the flow does not pass");
	check(passes("udp", EVAL_PORT), "UDP of the flow does not pass");
	check(!datapath->hits || hits() > before, "the counter did not move");
	if (denied)
		check(is_denied(), "the probe passes");
	else
		check(passes("tcp-connects", EVAL_PROBE_PORT), "the probe is denied");
}

static void change(unsigned int changed, bool deny)
{
	struct twp_error error;
	double begin = now();

	if (datapath->change(&filter, changed, deny, &error))
		give_up(deny ? "change to deny" : "change to allow", &error);
	printf("%s: %u of %u entries changed to %s in %.3f s\n", datapath->name, changed,
	       filter.entries, deny ? "deny" : "allow", now() - begin);
	prove(deny);
}

static void set_up(void)
{
	struct twp_error error;
	uint64_t bytes = 0;
	double begin;

	if (datapath->able && datapath->able(&filter, &error)) {
		puts(error.text);
		exit(SKIPPED);
	}
	begin = now();
	is_set_up = true;
	if (datapath->setup(&filter, &error))
		give_up("setup", &error);
	printf("%s: %u entries set up in %.3f s\n", datapath->name, filter.entries, now() - begin);
	prove(datapath_denies(datapath, &filter));
	if (datapath->memory) {
		if (datapath->memory(&filter, &bytes, &error))
			give_up("memory", &error);
		printf("%s: %" PRIu64 " bytes\n", datapath->name, bytes);
		check(bytes > filter.entries, "less than a byte an entry");
	}
}

static void parse(char **argument)
{
	static const char *const hooks[] = {
		[TOPOLOGY_FORWARD] = "forward",
		[TOPOLOGY_BRIDGE] = "bridge",
		[TOPOLOGY_LOCAL_IN] = "local-in",
	};
	unsigned int hook = 0;

	datapath = datapath_find(argument[0]);
	if (!datapath)
		errx(2, "no datapath is called %s", argument[0]);
	while (hook < 3 && strcmp(hooks[hook], argument[1]))
		hook++;
	if (hook == 3)
		errx(2, "no hook is called %s", argument[1]);
	place = (struct topology_place){
		.hook = hook,
		.family = atoi(argument[2]),
		.client_ns = argument[5],
		.client_address = argument[6],
		.server_ns = argument[7],
		.server_address = argument[8],
		.filter_ns = argument[9],
		.filter_in = argument[10],
	};
	filter = (struct datapath_filter){
		.place = &place,
		.shape = strcmp(argument[3], "ports") ? DATAPATH_POLICIES : DATAPATH_PORTS,
		.entries = (unsigned int)atoi(argument[4]),
	};
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && !strcmp(argv[1], "list")) {
		for (size_t i = 0; datapaths[i]; i++)
			puts(datapaths[i]->name);
		return 0;
	}
	if (argc != 13 || (strcmp(argv[1], "load") && strcmp(argv[1], "check"))) {
		fputs(usage, stderr);
		return 2;
	}
	parse(argv + 2);
	stay_on_one_processor();
	set_up();
	if (!strcmp(argv[1], "check") && datapath->change) {
		for (unsigned int changed = 1; changed <= filter.entries; changed *= 100) {
			change(changed, false);
			change(changed, true);
		}
	}
	if (datapath->teardown)
		datapath->teardown(&filter);
	return 0;
}
