/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transport between twinctl and twinpathd: whole messages over a
 * SOCK_SEQPACKET Unix socket. A message of at most TWP_CONTROL_INLINE bytes is
 * one packet. A longer one, or an empty one, is a sealed memfd, passed beside a packet of one
 * zero byte; no protobuf message starts with a zero byte.
 *
 * Neither side trusts the other: a peer can make a call fail, and nothing
 * else. File descriptors that were not asked for are closed.
 */
#ifndef TWP_CONTROL_CONTROL_H
#define TWP_CONTROL_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "policy/error.h"

#define TWP_CONTROL_INLINE (64u << 10) /* bytes of a packet */
#define TWP_CONTROL_MAX (256u << 20) /* bytes of a message */
#define TWP_CONTROL_FOLDER "/run/twinpath"

/**
 * twp_control_folder() - where the daemon of the caller's network namespace has its files
 *
 * TWP_CONTROL_FOLDER in the network namespace of process 1, else
 * TWP_CONTROL_FOLDER/INODE. Looking at process 1 takes its privileges: who may
 * not gets the second, since two namespaces must never share the first.
 *
 * Return: the path, which the caller frees; NULL if out of memory.
 */
char *twp_control_folder(void);

/**
 * twp_control_path() - where the daemon of the caller's network namespace listens
 *
 * "control.sock" in that folder. For who may not look at process 1, it is that
 * in TWP_CONTROL_FOLDER if there is none in the other.
 *
 * Return: the path, which the caller frees; NULL if out of memory.
 */
char *twp_control_path(void);

/**
 * twp_control_connect() - connect to the daemon
 *
 * Return: a file descriptor that waits in receive and send, or -1.
 */
int twp_control_connect(const char *path, struct twp_error *error);

/**
 * twp_control_send() - send one message
 *
 * Return: 0; -1 on failure, with errno EAGAIN if the socket does not wait and is full.
 */
int twp_control_send(int fd, const void *bytes, size_t length, struct twp_error *error);

/**
 * twp_control_receive() - receive one message
 * @bytes: allocated, the caller frees it; untouched unless 1 is returned
 * @length: of @bytes; may be 0
 *
 * Return: 1; 0 if the peer hung up; -1 on failure, with errno EAGAIN if the
 * socket does not wait and nothing is there, and EPROTO if the peer sent what is
 * no message.
 */
int twp_control_receive(int fd, uint8_t **bytes, size_t *length, struct twp_error *error);

#endif
