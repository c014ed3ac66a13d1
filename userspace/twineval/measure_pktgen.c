// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets a second: the kernel's pktgen sends in the client's namespace, on CPU 0, and
 * each packet's way to the server is over before it sends the next. What arrived is
 * counted by a socket whose filter drops everything: it costs every packet the same,
 * and no ICMP error goes back.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "datapath.h"
#include "measure.h"
#include "measure_socket.h"
#include "policy/memory.h"

#define PKTGEN "/proc/net/pktgen/"
#define ROUNDS 3
#define SETTLE_TRIES 100
#define SETTLE_PAUSE_NS 1000000L

/* Shared with the child in the client's namespace. */
struct pktgen {
	const struct topology_place *place;
	unsigned int packets;
	uint64_t elapsed_us;
	struct twp_error error;
};

/* Return: a socket, or -1 with a sentence. */
static int open_sink(const struct topology_place *place, struct twp_error *error)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = { .len = 1, .filter = &drop };
	int fd = measure_bind(place, SOCK_DGRAM, EVAL_PORT, error);

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program))) {
		twp_error_set(error, "socket filter: %s", strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

/* Packets that the sink has dropped, modulo 2^32. */
static int read_sink(int fd, uint32_t *packets, struct twp_error *error)
{
	uint32_t values[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof(values);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, values, &size) ||
	    size <= SK_MEMINFO_DROPS * sizeof(*values))
		return twp_error_set(error, "drops of a socket: %s", strerror(errno));
	*packets = values[SK_MEMINFO_DROPS];
	return 0;
}

/* A device that gathers packets may have handed on the last ones a little later. */
static int settle_sink(int fd, uint32_t *packets, struct twp_error *error)
{
	const struct timespec pause = { 0, SETTLE_PAUSE_NS };
	uint32_t before;

	for (int i = 0; i < SETTLE_TRIES; i++) {
		if (read_sink(fd, &before, error))
			return -1;
		nanosleep(&pause, NULL);
		if (read_sink(fd, packets, error))
			return -1;
		if (*packets == before)
			return 0;
	}
	return twp_error_set(error, "packets still arrive long after the last was sent");
}

static int tell(const char *file, const char *text, struct twp_error *error)
{
	char path[128];

	snprintf(path, sizeof(path), PKTGEN "%s", file);
	return command_write_file(path, text, error);
}

/* IPv6 takes no packet without a checksum; pktgen's own header makes its packets 78 bytes long. */
static char *device_commands(const struct pktgen *pktgen)
{
	static const char v4[] = "dst %s\nsrc_min %s\nsrc_max %s\n";
	static const char v6[] = "dst6 %s\nsrc6 %s\nflag UDPCSUM\n";
	const struct topology_place *place = pktgen->place;
	char addresses[192], *text;

	snprintf(addresses, sizeof(addresses), place->family == 4 ? v4 : v6, place->server_address,
		 place->client_address, place->client_address);
	if (asprintf(&text,
		     "count %u\nclone_skb 0\npkt_size 60\ndelay 0\ndst_mac %s\n%s"
		     "udp_src_min 9\nudp_src_max 9\nudp_dst_min %d\nudp_dst_max %d\n",
		     pktgen->packets, place->next_mac, addresses, EVAL_PORT, EVAL_PORT) < 0)
		return NULL;
	return text;
}

static int set_device(struct pktgen *pktgen)
{
	TWP_AUTOFREE char *text = device_commands(pktgen);
	int result = text ? 0 : twp_error_set(&pktgen->error, "no memory");

	for (char *rest = text, *line; !result && (line = strsep(&rest, "\n"));) {
		char command[128];

		if (!*line)
			continue;
		snprintf(command, sizeof(command), "%s\n", line);
		result = tell(pktgen->place->client_device, command, &pktgen->error);
		if (result)
			twp_error_set(&pktgen->error, "%s (%s)", pktgen->error.text, line);
	}
	return result;
}

/* "Result: OK: 1234(c1200+d34) usec, 1000 (60byte,0frags)" */
static int read_result(struct pktgen *pktgen)
{
	char path[128];
	unsigned long long us, sent;

	snprintf(path, sizeof(path), PKTGEN "%s", pktgen->place->client_device);
	TWP_AUTOFREE char *text = command_read_file(path, &pktgen->error);
	if (!text)
		return -1;
	const char *result = strstr(text, "Result: ");
	if (!result || sscanf(result, "Result: OK: %llu(c%*u+d%*u) usec, %llu", &us, &sent) != 2 ||
	    !us)
		return twp_error_set(&pktgen->error, "%s: no result: %.*s", path,
				     result ? (int)strcspn(result, "\n") : 0, result ? result : "");
	if (sent < pktgen->packets)
		return twp_error_set(&pktgen->error, "pktgen sent %llu of %u packets", sent,
				     pktgen->packets);
	pktgen->elapsed_us = us;
	return 0;
}

static int send_packets(void *context)
{
	struct pktgen *pktgen = context;
	struct twp_error *error = &pktgen->error;
	char add[64];

	if (access(PKTGEN "pgctrl", W_OK))
		return twp_error_set(error, "no " PKTGEN "pgctrl: the kernel module pktgen is not"
					    " loaded, or the kernel has none");
	snprintf(add, sizeof(add), "add_device %s\n", pktgen->place->client_device);
	if (tell("kpktgend_0", add, error))
		return -1;
	int result = set_device(pktgen);
	/* Comes back when all are sent. */
	if (!result)
		result = tell("pgctrl", "start\n", error);
	if (!result)
		result = read_result(pktgen);
	tell("kpktgend_0", "rem_device_all\n", NULL);
	return result;
}

static int measure_once(struct pktgen *pktgen, int sink, double *pps, struct twp_error *error)
{
	uint32_t before, after;

	if (read_sink(sink, &before, error))
		return -1;
	if (command_in(pktgen->place->client_ns, send_packets, pktgen))
		return twp_error_set(error, "%s",
				     pktgen->error.text[0] ? pktgen->error.text :
							     "pktgen did not come to its end");
	if (settle_sink(sink, &after, error))
		return -1;
	if (after == before)
		return twp_error_set(error, "none of pktgen's %u packets arrived", pktgen->packets);
	*pps = (double)(after - before) * 1e6 / (double)pktgen->elapsed_us;
	return 0;
}

/* What else the machine does meanwhile, e.g. take down the network before, is in pktgen's time and
 * makes it longer only: the fastest of some counts.
 */
static int measure_with(struct pktgen *pktgen, double *pps, struct twp_error *error)
{
	TWP_CLEANUP(measure_unpin) struct measure_pin pin;
	TWP_CLEANUP(measure_close) int sink = -1;

	if (measure_pin(&pin, error))
		return -1;
	sink = open_sink(pktgen->place, error);
	if (sink < 0)
		return -1;
	*pps = 0;
	for (int i = 0; i < ROUNDS; i++) {
		double once = 0;

		if (measure_once(pktgen, sink, &once, error))
			return -1;
		if (once > *pps)
			*pps = once;
	}
	return 0;
}

int measure_pps(const struct topology_place *place, const struct measure_work *work, double *pps,
		struct twp_error *error)
{
	struct pktgen *pktgen = mmap(NULL, sizeof(*pktgen), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, 0, 0);

	if (pktgen == MAP_FAILED)
		return twp_error_set(error, "no memory");
	pktgen->place = place;
	pktgen->packets = work->packets;
	int result = measure_with(pktgen, pps, error);
	munmap(pktgen, sizeof(*pktgen));
	return result;
}
