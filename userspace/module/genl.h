/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One request over generic netlink: a command with one attribute goes out, the
 * same attribute and an acknowledgement come back. Knows the envelope, not the
 * messages in it.
 */
#ifndef TWP_MODULE_GENL_H
#define TWP_MODULE_GENL_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

#include "twinpath.h"
#include "policy/error.h"

/* Room for a message with its envelope and the sentence of a refusal. */
#define TWP_GENL_BUFFER (2 * TWP_MESSAGE_MAX)

struct twp_genl_family {
	uint16_t id;
	uint32_t events; /* number of the multicast group */
};

struct twp_genl_answer {
	const uint8_t *bytes; /* in the buffer of the request; NULL: none came */
	size_t length;
};

/* A socket with extended acknowledgements; NULL and @error. */
struct mnl_socket *twp_genl_socket(struct twp_error *error);

/**
 * twp_genl_resolve() - find family "twinpath"
 *
 * Return: 0; -1 with errno ENODEV if the module is not loaded.
 */
int twp_genl_resolve(struct mnl_socket *socket, uint32_t sequence, struct twp_genl_family *family,
		     struct twp_error *error);

/**
 * twp_genl_ask() - send one command and wait for its answer
 * @buffer: TWP_GENL_BUFFER bytes, for the request and then for the answer
 * @message: of @length bytes
 *
 * Return: 0; -1 with @error the kernel's own sentence, and errno of the kernel;
 * ENODEV if the module is not loaded any more.
 */
int twp_genl_ask(struct mnl_socket *socket, const struct twp_genl_family *family, uint8_t cmd,
		 uint32_t sequence, const void *message, size_t length, uint8_t *buffer,
		 struct twp_genl_answer *answer, struct twp_error *error);

/* The message of TWP_A_MESSAGE in @header; NULL if there is none. */
const struct nlattr *twp_genl_message(const struct nlmsghdr *header);

#endif
