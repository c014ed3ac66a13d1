// SPDX-License-Identifier: GPL-2.0-only
/*
 * The setup of a topology up to the point that client and server reach each other,
 * and its place as a datapath and an instrument see it.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "measure_socket.h"
#include "topology.h"
#include "topology_make.h"

/* A port nobody listens on: its refusal has come all the way and back. */
#define CLOSED_PORT 9
#define TRIES 500
#define TRY_MS 20

struct topology *topology_find(const char *name)
{
	for (struct topology *const *one = topologies; *one; one++)
		if (!strcmp((*one)->name, name))
			return *one;
	return NULL;
}

/* Return: 1, 0 if nothing came back, or -1 with a sentence. */
static int try_to_reach(const char *from, int family, const char *address, struct twp_error *error)
{
	struct sockaddr_storage to;
	socklen_t length = measure_address(&to, family, address, CLOSED_PORT);
	int fd = command_socket(from, family == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK,
				error);
	int cause = 0;

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&to, length))
		cause = errno;
	if (cause == EINPROGRESS) {
		struct pollfd answered = { .fd = fd, .events = POLLOUT };
		socklen_t size = sizeof(cause);

		if (poll(&answered, 1, TRY_MS) > 0)
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &size);
	}
	close(fd);
	return cause == ECONNREFUSED;
}

/* A link may take a second to tell that it is up. Tries are counted, since virtual seconds leap. */
static int reach(const char *from, int family, const char *address, struct twp_error *error)
{
	const struct timespec pause = { 0, TRY_MS * 1000000L };

	for (int i = 0; i < TRIES; i++) {
		int reached = try_to_reach(from, family, address, error);

		if (reached)
			return reached < 0 ? -1 : 0;
		nanosleep(&pause, NULL);
	}
	return twp_error_set(error, "%s does not reach %s", from, address);
}

static void fill_place(struct topology *topology)
{
	struct topology_place *place = &topology->place;

	place->family = topology->parts->family;
	place->client_ns = topology_namespace("client");
	place->server_ns = topology_namespace("server");
	place->filter_ns = topology_namespace(topology->parts->filter);
	place->client_device = "eth0";
	place->server_device = "eth0";
}

int topology_setup(struct topology *topology, bool offloads, struct twp_error *error)
{
	const struct topology_place *place = &topology->place;
	struct twp_error cause = { "" };

	if (!topology_make(topology->parts, offloads, &cause)) {
		fill_place(topology);
		if (!reach(place->client_ns, place->family, place->server_address, &cause) &&
		    !reach(place->server_ns, place->family, place->client_address, &cause))
			return 0;
	}
	topology_teardown();
	return twp_error_set(error, "topology %s: %s", topology->name, cause.text);
}

void topology_teardown(void)
{
	/* What runs in a namespace holds it, and what is about to make one would make it after. */
	command_kill_all();
	topology_unmake();
}
