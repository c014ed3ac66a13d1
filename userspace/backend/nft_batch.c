// SPDX-License-Identifier: GPL-2.0-only
/*
 * A transaction of nftables: a buffer of messages, sent by one system call, in
 * which the kernel commits all of it or nothing.
 */
#include "nft.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libnftnl/common.h>
#include <linux/netfilter/nfnetlink.h>

#ifndef ERESTART
#define ERESTART 85
#endif

#define SEQUENCE(op, id) ((uint32_t)(op) << 8 | (uint32_t)(id))
#define SEQUENCE_OP(n) ((enum twp_nft_op)((n) >> 8))
#define SEQUENCE_TABLE(n) ((n)&0xff)
#define TRIES 10

void twp_nft_batch_init(struct twp_nft_batch *batch)
{
	struct nlmsghdr *message;

	*batch = (struct twp_nft_batch){ 0 };
	message = twp_nft_batch_start(batch, TWP_NFT_BATCH, 0);
	if (message)
		twp_nft_batch_end(batch, nftnl_batch_begin((char *)message, SEQUENCE(0, 0)));
}

void twp_nft_batch_clean(struct twp_nft_batch *batch)
{
	free(batch->data);
	*batch = (struct twp_nft_batch){ 0 };
}

struct nlmsghdr *twp_nft_batch_start(struct twp_nft_batch *batch, enum twp_nft_op op,
				     enum twp_table_id id)
{
	struct nlmsghdr *message;

	if (batch->room - batch->used < TWP_NFT_MESSAGE_MAX) {
		size_t room = 2 * batch->room + TWP_NFT_MESSAGE_MAX;
		char *data = realloc(batch->data, room);

		if (!data) {
			batch->failed = true;
			return NULL;
		}
		batch->data = data;
		batch->room = room;
	}
	message = (struct nlmsghdr *)(batch->data + batch->used);
	*message = (struct nlmsghdr){ .nlmsg_seq = SEQUENCE(op, id) };
	return message;
}

void twp_nft_batch_end(struct twp_nft_batch *batch, const struct nlmsghdr *message)
{
	batch->last = (const char *)message - batch->data;
	batch->used = batch->last + MNL_ALIGN(message->nlmsg_len);
}

/* The sentence about a message that the kernel refused. */
static int refused(uint32_t sequence, int err, const struct twp_sizes *sizes,
		   struct twp_error *error)
{
	const uint32_t id = SEQUENCE_TABLE(sequence);
	const char *name = id < TWP_TABLE_COUNT ? twp_table_layouts[id].name : "?";
	const char *why = strerror(err);

	if (err == EPERM)
		return twp_error_set(error, "nft: not permitted: CAP_NET_ADMIN is needed, and for "
					    "the anchor in the initial user namespace");
	switch (SEQUENCE_OP(sequence)) {
	case TWP_NFT_TABLE_ADD:
	case TWP_NFT_TABLE_DELETE:
		return twp_error_set(error, "nft: cannot make table inet %s anew: %s",
				     TWP_NFT_TABLE, why);
	case TWP_NFT_CHAIN_ADD:
		return twp_error_set(error, "nft: cannot make chain %s: %s", TWP_NFT_CHAIN, why);
	case TWP_NFT_SET_ADD:
		return twp_error_set(error, "nft: cannot make table %s: %s", name, why);
	case TWP_NFT_ELEMENTS_ADD:
		if (err == ENFILE)
			return twp_error_set(error, "nft: table %s is full: it has room for %u",
					     name, sizes->size[id]);
		if (err == EEXIST)
			return twp_error_set(
				error, "nft: table %s holds an entry that was not known", name);
		return twp_error_set(error, "nft: cannot add to table %s: %s", name, why);
	case TWP_NFT_ELEMENTS_DELETE:
		if (err == ENOENT)
			return twp_error_set(error, "nft: table %s does not hold what it held",
					     name);
		return twp_error_set(error, "nft: cannot remove from table %s: %s", name, why);
	case TWP_NFT_ANCHOR_ADD:
		if (err == ENOENT)
			return twp_error_set(error,
					     "nft: the kernel has no expression %s: the module "
					     "is not loaded",
					     TWP_NFT_EXPR);
		if (err == EPROTO)
			return twp_error_set(error,
					     "nft: the module that is loaded has another table "
					     "layout");
		return twp_error_set(error, "nft: cannot make the anchor: %s", why);
	default:
		return twp_error_set(error, "nft: the transaction was refused: %s", why);
	}
}

/* A message must fit the socket's buffer. What is beyond its limits needs CAP_NET_ADMIN. */
static void buffer_force(struct mnl_socket *socket, int option, size_t size)
{
	int bytes = size < INT_MAX / 2 ? (int)size : INT_MAX / 2;

	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, option, &bytes, sizeof(bytes));
}

/* The answers are there when the send returns. Return: the first error in them, as -errno, with
 * the message that it is about; 0 if the last message was acknowledged.
 */
static int answers_read(struct mnl_socket *socket, uint32_t *sequence)
{
	char buffer[MNL_SOCKET_BUFFER_SIZE] __attribute__((aligned(8)));
	int err = 0, acks = 0;

	for (;;) {
		ssize_t got = recv(mnl_socket_get_fd(socket), buffer, sizeof(buffer), MSG_DONTWAIT);
		const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
		int left = got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ENOBUFS && !err)
			err = -ENOBUFS; /* more errors than the buffer holds */
		if (got < 0 && errno != ENOBUFS)
			break;
		for (; got > 0 && mnl_nlmsg_ok(message, left);
		     message = mnl_nlmsg_next(message, &left)) {
			const struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);

			if (message->nlmsg_type != NLMSG_ERROR)
				continue;
			if (!answer->error)
				acks++;
			else if (!err || err == -ENOBUFS) {
				err = answer->error;
				*sequence = answer->msg.nlmsg_seq;
			}
		}
	}
	return err ? err : acks ? 0 : -ENODATA;
}

int twp_nft_batch_send(struct mnl_socket *socket, struct twp_nft_batch *batch,
		       const struct twp_sizes *sizes, struct twp_error *error)
{
	const int on = 1;
	struct nlmsghdr *last = (struct nlmsghdr *)(batch->data + batch->last);
	struct nlmsghdr *end;
	uint32_t sequence = 0;
	int err = 0;

	/* A commit has no answer of its own; errors are answered anyway. */
	if (!batch->failed)
		last->nlmsg_flags |= NLM_F_ACK;
	end = twp_nft_batch_start(batch, TWP_NFT_BATCH, 0);
	if (end)
		twp_nft_batch_end(batch, nftnl_batch_end((char *)end, SEQUENCE(0, 0)));
	if (batch->failed)
		return twp_error_set(error, "nft: out of memory for the transaction");

	/* Answers without the message that they are about: it may be 64 KiB. */
	mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, (void *)&on, sizeof(on));
	buffer_force(socket, SO_SNDBUFFORCE, batch->used);

	/* Another transaction came between: the kernel has done nothing. */
	for (int i = 0; i < TRIES; i++) {
		sequence = 0;
		if (mnl_socket_sendto(socket, batch->data, batch->used) < 0)
			err = -errno;
		else
			err = answers_read(socket, &sequence);
		if (err != -EINTR && err != -ERESTART && err != -EAGAIN)
			break;
	}
	return err ? refused(sequence, -err, sizes, error) : 0;
}
