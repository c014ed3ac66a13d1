// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the namespaces and links of a topology with few processes, since they are dear
 * in an emulated guest: ip -batch for the links and for each namespace; sysctls and
 * offloads are written by children that run no program. What would move while it is
 * measured, neighbour discovery and IPv6 autoconfiguration, is off.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command.h"
#include "policy/memory.h"
#include "topology_make.h"

#define NETNS "/run/netns/"

/* Fixed memory: a signal handler reads it. */
static char made[TOPOLOGY_SIDES_MAX][64]; /* paths */
static volatile int made_count;

/* ---- namespaces */

const char *topology_namespace(const char *role)
{
	size_t length = strlen(role);

	for (int i = 0; i < made_count; i++) {
		const char *name = made[i] + strlen(NETNS);
		size_t whole = strlen(name);

		if (whole > length && name[whole - length - 1] == '-' &&
		    !strcmp(name + whole - length, role))
			return name;
	}
	return NULL;
}

/* As "ip netns delete" does it. */
static void remove_namespace(const char *path)
{
	umount2(path, MNT_DETACH);
	unlink(path);
}

void topology_unmake(void)
{
	int cause = errno;

	while (made_count > 0) {
		remove_namespace(made[made_count - 1]);
		made_count--;
	}
	errno = cause;
}

/* The name is kept before there is anything to remove. */
static void name_namespaces(const struct topology_parts *parts)
{
	for (int i = 0; i < TOPOLOGY_SIDES_MAX && parts->side[i].role; i++) {
		snprintf(made[i], sizeof(made[i]), NETNS "twineval-%d-%s", (int)getpid(),
			 parts->side[i].role);
		/* One of a process of this number that was killed. */
		remove_namespace(made[i]);
		made_count = i + 1;
	}
}

/* ---- ip -batch */

/* @commands with each "@" in front of a role replaced, written to @file. */
static void put_commands(FILE *file, const char *commands)
{
	for (; *commands; commands++) {
		if (*commands == '@')
			fprintf(file, "twineval-%d-", (int)getpid());
		else
			fputc(*commands, file);
	}
}

static int run_ip(const char *ns, const char *commands, struct twp_error *error)
{
	static const char *const argv[] = { "ip", "-batch", "-", NULL };

	return command_run(ns, commands, NULL, error, argv);
}

static int make_links(const struct topology_parts *parts, struct twp_error *error)
{
	TWP_AUTOFREE char *commands = NULL;
	size_t length;
	FILE *file = open_memstream(&commands, &length);

	if (!file)
		return twp_error_set(error, "no memory");
	for (int i = 0; i < TOPOLOGY_SIDES_MAX && parts->side[i].role; i++)
		fprintf(file, "netns add %s\n", topology_namespace(parts->side[i].role));
	put_commands(file, parts->links);
	if (fclose(file))
		return twp_error_set(error, "no memory");
	return run_ip(NULL, commands, error);
}

static int make_addresses(const struct topology_side *side, struct twp_error *error)
{
	TWP_AUTOFREE char *commands = NULL;
	size_t length;
	FILE *file = open_memstream(&commands, &length);

	if (!file)
		return twp_error_set(error, "no memory");
	fputs("link set lo up\n", file);
	put_commands(file, side->commands);
	if (fclose(file))
		return twp_error_set(error, "no memory");
	return run_ip(topology_namespace(side->role), commands, error);
}

/* ---- inside a namespace */

/* Shared with the child that sets it. */
struct inside {
	int family;
	bool forwards;
	bool offloads;
	struct twp_error error;
};

static int set(const char *key, const char *value, struct twp_error *error)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/%s", key);
	return command_write_file(path, value, error);
}

static int set_sysctls(struct inside *inside)
{
	struct twp_error *error = &inside->error;

	/* New namespaces copy it from the machine, and so the cost of a route's lookup. */
	if (set("ipv4/conf/all/rp_filter", "0", error) ||
	    set("ipv4/conf/default/rp_filter", "0", error))
		return -1;
	if (inside->forwards && set("ipv4/ip_forward", "1", error))
		return -1;
	/* There if br_netfilter is, and then on. */
	set("bridge/bridge-nf-call-iptables", "0", NULL);
	set("bridge/bridge-nf-call-ip6tables", "0", NULL);
	set("bridge/bridge-nf-call-arptables", "0", NULL);
	if (inside->family == 4) {
		/* A kernel without IPv6 has none to be quiet. */
		set("ipv6/conf/all/disable_ipv6", "1", NULL);
		return 0;
	}
	if (set("ipv6/conf/all/accept_dad", "0", error))
		return twp_error_set(error, "no IPv6: %s", error->text);
	return 0;
}

static int set_device_sysctls(const char *device, struct inside *inside)
{
	static const char *const keys[] = { "accept_dad", "accept_ra", "router_solicitations" };
	char key[96];

	snprintf(key, sizeof(key), "ipv4/conf/%s/rp_filter", device);
	if (set(key, "0", &inside->error))
		return -1;
	for (size_t i = 0; inside->family == 6 && i < sizeof(keys) / sizeof(*keys); i++) {
		snprintf(key, sizeof(key), "ipv6/conf/%s/%s", device, keys[i]);
		if (set(key, "0", &inside->error))
			return -1;
	}
	return 0;
}

/* What a device does not let change stays as it is, such as the segmentation of a macvlan. */
static int set_offloads(const char *device, struct inside *inside)
{
	static const struct {
		unsigned int command;
		const char *name;
	} offloads[] = {
		{ ETHTOOL_STSO, "tso" },
		{ ETHTOOL_SGSO, "gso" },
		{ ETHTOOL_SGRO, "gro" },
	};

	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result = 0;

	for (size_t i = 0; !result && i < sizeof(offloads) / sizeof(*offloads); i++) {
		struct ethtool_value value = { offloads[i].command, inside->offloads };
		struct ifreq request = { .ifr_data = (char *)&value };

		snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
		if (ioctl(fd, SIOCETHTOOL, &request) && errno != EOPNOTSUPP)
			result = twp_error_set(&inside->error, "%s: offload %s: %s", device,
					       offloads[i].name, strerror(errno));
	}
	close(fd);
	return result;
}

/* Calls @function for each device but the loopback. */
static int for_devices(struct inside *inside,
		       int (*function)(const char *device, struct inside *inside))
{
	struct if_nameindex *devices = if_nameindex();
	int result = 0;

	if (!devices)
		return twp_error_set(&inside->error, "list of devices: %s", strerror(errno));
	for (const struct if_nameindex *one = devices; !result && one->if_index; one++)
		if (strcmp(one->if_name, "lo"))
			result = function(one->if_name, inside);
	if_freenameindex(devices);
	return result;
}

static int before_addresses(void *inside)
{
	return set_sysctls(inside) ? -1 : for_devices(inside, set_device_sysctls);
}

/* A tunnel is made along with the addresses. */
static int after_addresses(void *inside)
{
	return for_devices(inside, set_offloads);
}

static int make_side(const struct topology_side *side, struct inside *inside,
		     struct twp_error *error)
{
	const char *ns = topology_namespace(side->role);

	if (!command_in(ns, before_addresses, inside)) {
		if (make_addresses(side, error))
			return -1;
		if (!inside->offloads && side->segment &&
		    command_line(ns, error, "%s", side->segment))
			return -1;
		if (!command_in(ns, after_addresses, inside))
			return 0;
	}
	return twp_error_set(error, "%s: %s", side->role,
			     inside->error.text[0] ? inside->error.text : "it was not entered");
}

int topology_make(const struct topology_parts *parts, bool offloads, struct twp_error *error)
{
	struct inside *inside = mmap(NULL, sizeof(*inside), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, 0, 0);
	int result;

	if (inside == MAP_FAILED)
		return twp_error_set(error, "no memory");
	inside->family = parts->family;
	inside->offloads = offloads;
	name_namespaces(parts);
	result = make_links(parts, error);
	for (int i = 0; !result && i < TOPOLOGY_SIDES_MAX && parts->side[i].role; i++) {
		inside->forwards = parts->side[i].forwards;
		result = make_side(&parts->side[i], inside, error);
	}
	munmap(inside, sizeof(*inside));
	return result;
}
