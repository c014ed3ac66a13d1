/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets and clocks of the measuring tools. What cannot go on exits 1 with a sentence. */
#ifndef TWP_TWINEVAL_NET_H
#define TWP_TWINEVAL_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_SECOND 1000000000ULL /* ns */

/* CLOCK_MONOTONIC, ns */
uint64_t net_now(void);

/* A number from @min to @max, or exit 2 naming @option. */
uint64_t net_number(const char *option, const char *text, uint64_t min, uint64_t max);

/* A bound socket, listening if @type is SOCK_STREAM. @address NULL: any, of both families. */
int net_listen(int type, const char *address, const char *port);

/**
 * net_connect() - a connected socket, with TCP_NODELAY
 * @type: SOCK_STREAM or SOCK_DGRAM
 * @host: address, with its scope if it has one, or name
 * @port: number
 * @timeout_ns: for the handshake
 *
 * Return: the socket, or -errno.
 */
int net_connect(int type, const char *host, const char *port, uint64_t timeout_ns);

/* Exactly @length bytes. Return: 1, 0 if the stream ended before the first byte, or -errno. */
int net_read(int fd, void *bytes, size_t length);
/* Return: 0 or -errno. */
int net_write(int fd, const void *bytes, size_t length);

/* Becomes true with SIGINT and SIGTERM once net_catch_signals() was called. */
extern volatile bool net_stopped;
void net_catch_signals(void);

#endif
