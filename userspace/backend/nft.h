/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of backend nft: a transaction, the messages in it, and what is read back. */
#ifndef TWP_BACKEND_NFT_H
#define TWP_BACKEND_NFT_H

#include <libmnl/libmnl.h>

#include "backend.h"

/* What a message of a transaction does. With the table it is the message's sequence number, so
 * that the kernel's answer says what failed.
 */
enum twp_nft_op {
	TWP_NFT_BATCH,
	TWP_NFT_TABLE_ADD,
	TWP_NFT_TABLE_DELETE,
	TWP_NFT_CHAIN_ADD,
	TWP_NFT_SET_ADD,
	TWP_NFT_ELEMENTS_ADD,
	TWP_NFT_ELEMENTS_DELETE,
	TWP_NFT_ANCHOR_ADD,
};

/* One transaction: all of its messages, one behind the other. */
struct twp_nft_batch {
	char *data;
	size_t used;
	size_t room;
	size_t last; /* offset of the last message */
	bool failed; /* out of memory: what is put is lost, and the send fails */
};

/* More than any message is long: a list of elements ends at 64 KiB. */
#define TWP_NFT_MESSAGE_MAX (128 * 1024)

void twp_nft_batch_init(struct twp_nft_batch *batch);
void twp_nft_batch_clean(struct twp_nft_batch *batch);
/* A new message at the end, with room for TWP_NFT_MESSAGE_MAX. NULL if out of memory. */
struct nlmsghdr *twp_nft_batch_start(struct twp_nft_batch *batch, enum twp_nft_op op,
				     enum twp_table_id id);
/* The message that was started is complete. */
void twp_nft_batch_end(struct twp_nft_batch *batch, const struct nlmsghdr *message);

/**
 * twp_nft_batch_send() - let the kernel commit it, or nothing of it
 * @socket: NETLINK_NETFILTER
 * @batch: at least one message; done with afterwards, but for the clean
 * @sizes: for the sentence about a table that is full
 */
int twp_nft_batch_send(struct mnl_socket *socket, struct twp_nft_batch *batch,
		       const struct twp_sizes *sizes, struct twp_error *error);

/* Messages (nft_put.c). */
void twp_nft_put_table(struct twp_nft_batch *batch, enum twp_nft_op op);
void twp_nft_put_chain(struct twp_nft_batch *batch);
void twp_nft_put_set(struct twp_nft_batch *batch, enum twp_table_id id, uint32_t size);
void twp_nft_put_anchor(struct twp_nft_batch *batch);

/* The expression at the head of the anchor rule. Tests that run without the module put another,
 * which writes the registers that the lookups read.
 */
extern void (*twp_nft_put_head)(struct nlmsghdr *message);

/* A row of ELEMENTS_ADD, or with @value NULL of ELEMENTS_DELETE; as many as fit share a message. */
struct twp_nft_elements {
	struct twp_nft_batch *batch;
	enum twp_nft_op op;
	enum twp_table_id id;
	struct nlmsghdr *message; /* that is being filled, or NULL */
	struct nlattr *list;
};

void twp_nft_put_element(struct twp_nft_elements *elements, const void *key, const void *value);
/* After the last. */
void twp_nft_put_elements_end(struct twp_nft_elements *elements);

#define TWP_NFT_COMMENT "twinpath anchor"

/* What the kernel holds (nft_get.c). Return: 1, 0 as of twp_backend_ops.read, or -1. */
int twp_nft_get_sets(struct mnl_socket *socket, const struct twp_sizes *sizes,
		     struct twp_error *error);
int twp_nft_get_anchor(struct mnl_socket *socket, struct twp_error *error);
int twp_nft_get_elements(struct mnl_socket *socket, enum twp_table_id id, struct twp_image *image,
			 struct twp_error *error);

#endif
