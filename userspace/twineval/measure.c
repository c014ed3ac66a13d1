// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instruments that are programs: tcp_rr and iperf3, and the probe of what must be
 * denied. Programs inherit that their parent is pinned, and so do the packets, which
 * veth hands on by the processor that sent them.
 */
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "datapath.h"
#include "measure.h"
#include "measure_socket.h"
#include "policy/memory.h"

#define STRING(number) STRING_OF(number)
#define STRING_OF(number) #number
#define PORT STRING(EVAL_PORT)

/* Fixed: a window that tunes itself ends elsewhere each time, and what a large one holds at the end
 * is not sent.
 */
#define WINDOW "200K" /* as much as a kernel gives without being told otherwise */

/* Counted, not timed: virtual seconds leap while a guest reads a program from its disk. */
#define LISTEN_TRIES 20000
#define LISTEN_PAUSE_NS 10000000L
#define PROBE_MS 500

/* ---- servers */

/* Is there a listener in that file of /proc? State 0A is TCP_LISTEN. */
static bool has_listener(pid_t process, const char *file)
{
	char path[64], port[16], *line, *rest;

	snprintf(path, sizeof(path), "/proc/%d/net/%s", (int)process, file);
	snprintf(port, sizeof(port), ":%04X", EVAL_PORT);
	TWP_AUTOFREE char *text = command_read_file(path, NULL);
	for (rest = text; rest && (line = strsep(&rest, "\n"));) {
		char local[64], remote[64], state[4];

		if (sscanf(line, " %*s %63s %63s %3s", local, remote, state) == 3 &&
		    !strcmp(state, "0A") && strlen(local) > 5 &&
		    !strcmp(local + strlen(local) - 5, port))
			return true;
	}
	return false;
}

static bool still_runs(pid_t process)
{
	char path[64];
	char state = 'X';

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)process);
	TWP_AUTOFREE char *text = command_read_file(path, NULL);
	char *after_name = text ? strrchr(text, ')') : NULL;
	if (after_name && sscanf(after_name, ") %c", &state) != 1)
		return false;
	return state != 'X' && state != 'Z';
}

/* Return: the server, once it listens on EVAL_PORT, or -1 with a sentence. */
static pid_t start_server(const struct topology_place *place, const char *const argv[],
			  struct twp_error *error)
{
	const struct timespec pause = { 0, LISTEN_PAUSE_NS };
	pid_t server = command_start(place->server_ns, NULL, error, argv);

	for (int i = 0; server > 0 && i < LISTEN_TRIES && still_runs(server); i++) {
		if (has_listener(server, place->family == 4 ? "tcp" : "tcp6"))
			return server;
		nanosleep(&pause, NULL);
	}
	if (server < 0)
		return -1;
	command_stop(server);
	return twp_error_set(error, "%s: its server does not listen on port " PORT, argv[0]);
}

/* Runs the server, then the client. Return: what the client wrote, as JSON. */
static json_t *serve_and_ask(const struct topology_place *place, const char *const server[],
			     const char *const client[], struct twp_error *error)
{
	TWP_CLEANUP(measure_unpin) struct measure_pin pin;
	TWP_AUTOFREE char *text = NULL;
	json_error_t where;

	if (measure_pin(&pin, error))
		return NULL;
	pid_t process = start_server(place, server, error);
	if (process < 0)
		return NULL;
	int result = command_run(place->client_ns, NULL, &text, error, client);
	command_stop(process);
	if (result)
		return NULL;
	json_t *json = json_loads(text, 0, &where);
	if (!json)
		twp_error_set(error, "%s: what it wrote is no JSON: line %d: %s", client[0],
			      where.line, where.text);
	return json;
}

int measure_rr(const struct topology_place *place, const struct measure_work *work,
	       struct measure_rr *result, struct twp_error *error)
{
	char transactions[16], warmup[16];
	const char *const server[] = { "tcp_rr", "server", "--bind", place->server_address,
				       "--port", PORT,	   NULL };
	const char *const client[] = { "tcp_rr",     "client",	  place->server_address,
				       PORT,	     "--request", "100",
				       "--response", "200",	  "--transactions",
				       transactions, "--warmup",  warmup,
				       "--json",     NULL };
	struct measure_rr found;

	snprintf(transactions, sizeof(transactions), "%u", work->transactions);
	snprintf(warmup, sizeof(warmup), "%u", work->warmup);
	json_t *json = serve_and_ask(place, server, client, error);
	if (!json)
		return -1;
	int failure = json_unpack(json, "{s:F, s:F, s:F}", "p50_ns", &found.p50_ns, "p99_ns",
				  &found.p99_ns, "mean_ns", &found.mean_ns);
	json_decref(json);
	if (failure)
		return twp_error_set(error, "tcp_rr: no p50_ns, p99_ns and mean_ns in its JSON");
	*result = found;
	return 0;
}

int measure_throughput(const struct topology_place *place, const struct measure_work *work,
		       double *mbps, struct twp_error *error)
{
	char bytes[32];
	const char *const server[] = {
		"iperf3", "--server", "--one-off", "--bind", place->server_address,
		"--port", PORT,	      NULL
	};
	const char *const client[] = {
		"iperf3",   "--client", place->server_address, "--port", PORT,	   "--bytes", bytes,
		"--window", WINDOW,	"--connect-timeout",   "10000",	 "--json", NULL
	};
	double bits_per_second;

	snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)work->bytes);
	json_t *json = serve_and_ask(place, server, client, error);
	if (!json)
		return -1;
	int failure = json_unpack(json, "{s:{s:{s:F}}}", "end", "sum_received", "bits_per_second",
				  &bits_per_second);
	json_decref(json);
	if (failure || bits_per_second <= 0)
		return twp_error_set(error, "iperf3: its JSON does not say that anything arrived");
	*mbps = bits_per_second / 1e6;
	return 0;
}

/* ---- the probe */

/* What a filter does to a connection, or a path that it cut. Anything else is a fault of ours. */
static bool is_denial(int cause)
{
	static const int denials[] = { ECONNREFUSED, ECONNRESET, ETIMEDOUT, EHOSTUNREACH,
				       ENETUNREACH,  EHOSTDOWN,	 EACCES,    EPERM,
				       ENOPROTOOPT,  EPROTO };

	for (size_t i = 0; i < sizeof(denials) / sizeof(*denials); i++)
		if (cause == denials[i])
			return true;
	return false;
}

static int connects(int fd, const struct topology_place *place, struct twp_error *error)
{
	const struct linger abort_it = { .l_onoff = 1 };
	struct sockaddr_storage to;
	socklen_t length =
		measure_address(&to, place->family, place->server_address, EVAL_PROBE_PORT);
	int cause = connect(fd, (struct sockaddr *)&to, length) ? errno : 0;

	/* The next probe finds no connection of this one that waits for its end. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
	if (cause == EINPROGRESS) {
		struct pollfd answered = { .fd = fd, .events = POLLOUT };
		socklen_t size = sizeof(cause);

		if (poll(&answered, 1, PROBE_MS) <= 0)
			return 0;
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &size);
	}
	if (!cause)
		return 1;
	if (is_denial(cause))
		return 0;
	return twp_error_set(error, "probe of %s: %s", place->server_address, strerror(cause));
}

int measure_probe(const struct topology_place *place, struct twp_error *error)
{
	TWP_CLEANUP(measure_close) int listener = -1, fd = -1;

	listener = measure_bind(place, SOCK_STREAM, EVAL_PROBE_PORT, error);
	if (listener < 0)
		return -1;
	fd = command_socket(place->client_ns, place->family == 4 ? AF_INET : AF_INET6,
			    SOCK_STREAM | SOCK_NONBLOCK, error);
	return fd < 0 ? -1 : connects(fd, place, error);
}
