// SPDX-License-Identifier: GPL-2.0-only
/* Sockets at the ends of a topology, and the processor that everything is pinned to. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "measure_socket.h"

int measure_pin(struct measure_pin *pin, struct twp_error *error)
{
	const struct sched_param parameter = { 0 };
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	pin->pinned = false;
	if (sched_getaffinity(0, sizeof(pin->before), &pin->before) ||
	    sched_setaffinity(0, sizeof(first), &first) ||
	    sched_setscheduler(0, SCHED_BATCH, &parameter))
		return twp_error_set(error, "pin to CPU 0: %s", strerror(errno));
	pin->pinned = true;
	return 0;
}

void measure_unpin(struct measure_pin *pin)
{
	const struct sched_param parameter = { 0 };

	if (!pin->pinned)
		return;
	sched_setaffinity(0, sizeof(pin->before), &pin->before);
	sched_setscheduler(0, SCHED_OTHER, &parameter);
}

socklen_t measure_address(struct sockaddr_storage *to, int family, const char *address,
			  uint16_t port)
{
	struct sockaddr_in *to4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *to6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	if (family == 4) {
		to4->sin_family = AF_INET;
		to4->sin_port = htons(port);
		inet_pton(AF_INET, address, &to4->sin_addr);
		return sizeof(*to4);
	}
	to6->sin6_family = AF_INET6;
	to6->sin6_port = htons(port);
	inet_pton(AF_INET6, address, &to6->sin6_addr);
	return sizeof(*to6);
}

int measure_bind(const struct topology_place *place, int type, uint16_t port,
		 struct twp_error *error)
{
	struct sockaddr_storage own;
	socklen_t length = measure_address(&own, place->family, place->server_address, port);
	int fd = command_socket(place->server_ns, own.ss_family, type, error), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&own, length) ||
	    (type == SOCK_STREAM && listen(fd, SOMAXCONN))) {
		twp_error_set(error, "%s port %u: %s", place->server_address, port,
			      strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

void measure_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
