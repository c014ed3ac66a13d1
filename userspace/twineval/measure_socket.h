/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets at the ends of a topology, and the processor that everything is pinned to. */
#ifndef TWP_TWINEVAL_MEASURE_SOCKET_H
#define TWP_TWINEVAL_MEASURE_SOCKET_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "policy/error.h"
#include "topology.h"

/* Where the caller ran before it was pinned to CPU 0, and its children with it: as batch processes
 * (sched(7)), so that none preempts another by chance.
 */
struct measure_pin {
	cpu_set_t before;
	bool pinned;
};

int measure_pin(struct measure_pin *pin, struct twp_error *error);
void measure_unpin(struct measure_pin *pin);

/* Return: the length of what was put to @to. */
socklen_t measure_address(struct sockaddr_storage *to, int family, const char *address,
			  uint16_t port);

/* A socket of the server's, bound to a port of its address, listening if it is a stream's. */
int measure_bind(const struct topology_place *place, int type, uint16_t port,
		 struct twp_error *error);

/* For TWP_CLEANUP(). */
void measure_close(int *fd);

#endif
