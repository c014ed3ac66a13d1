// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions with anchors, right ones and wrong ones. By hand with libmnl:
 * libnftnl makes nothing that is wrong.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostile.h"
#include "hostile_batch.h"

#ifndef NFT_CHAIN_BINDING
#define NFT_CHAIN_BINDING 4
#endif

static const struct {
	const char *name;
	uint32_t key, data; /* bytes */
} tables[TWP_TABLE_COUNT] = {
	{ "host4", 4, 20 },   { "host6", 16, 20 }, { "prefix4", 8, 4 },
	{ "prefix6", 20, 4 }, { "rules", 16, 4 },  { "generation", 4, 20 },
};

struct mnl_socket *hostile_nft_socket(void)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		perror("nfnetlink");
		exit(2);
	}
	return socket;
}

static struct nlmsghdr *put(struct batch *batch, uint16_t type, uint8_t family, uint16_t flags)
{
	struct nlmsghdr *header;
	struct nfgenmsg *generic;

	if (batch->last)
		batch->used += MNL_ALIGN(((struct nlmsghdr *)batch->last)->nlmsg_len);
	batch->last = batch->bytes + batch->used;
	header = mnl_nlmsg_put_header(batch->last);
	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nlmsg_seq = ++batch->sequence;
	generic = mnl_nlmsg_put_extra_header(header, sizeof(*generic));
	generic->nfgen_family = family;
	generic->version = NFNETLINK_V0;
	generic->res_id = type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END ?
				  htons(NFNL_SUBSYS_NFTABLES) :
				  0;
	return header;
}

static struct nlmsghdr *put_nft(struct batch *batch, uint16_t type, uint8_t family, uint16_t flags)
{
	return put(batch, NFNL_SUBSYS_NFTABLES << 8 | type, family, flags);
}

void hostile_batch_start(struct batch *batch)
{
	*batch = (struct batch){ .bytes = calloc(1, 256 * 1024) };
	if (!batch->bytes)
		exit(2);
	put(batch, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, 0);
}

/* Return: the errno of the first message that was refused, or 0. */
int hostile_batch_commit(struct mnl_socket *socket, struct batch *batch)
{
	uint8_t room[8192] __attribute__((aligned(8)));
	struct nlmsghdr *header = (struct nlmsghdr *)batch->last;
	uint32_t last = header->nlmsg_seq;
	int err = 0, left;
	bool done = false;
	ssize_t bytes;

	header->nlmsg_flags |= NLM_F_ACK;
	header = put(batch, NFNL_MSG_BATCH_END, AF_UNSPEC, 0);
	batch->used += header->nlmsg_len;
	if (mnl_socket_sendto(socket, batch->bytes, batch->used) < 0)
		return errno;
	while (!done) {
		bytes = mnl_socket_recvfrom(socket, room, sizeof(room));
		if (bytes < 0) {
			err = errno;
			break;
		}
		left = (int)bytes;
		for (header = (void *)room; mnl_nlmsg_ok(header, left);
		     header = mnl_nlmsg_next(header, &left)) {
			const struct nlmsgerr *answer = mnl_nlmsg_get_payload(header);

			if (header->nlmsg_type != NLMSG_ERROR)
				continue;
			if (answer->error && !err)
				err = -answer->error;
			/* The last message is answered in any case, by an error or not. */
			done = done || answer->msg.nlmsg_seq == last;
		}
	}
	free(batch->bytes);
	return err;
}

void hostile_put_table(struct batch *batch, const struct wrong *w, bool add, uint32_t flags)
{
	struct nlmsghdr *header = put_nft(batch, add ? NFT_MSG_NEWTABLE : NFT_MSG_DELTABLE,
					  w->family, add ? NLM_F_CREATE : 0);

	mnl_attr_put_strz(header, NFTA_TABLE_NAME, w->table);
	if (flags)
		mnl_attr_put_u32(header, NFTA_TABLE_FLAGS, htonl(flags));
}

void hostile_put_chain(struct batch *batch, const struct wrong *w, const char *name)
{
	struct nlmsghdr *header = put_nft(batch, NFT_MSG_NEWCHAIN, w->family, NLM_F_CREATE);
	struct nlattr *hook;

	mnl_attr_put_strz(header, NFTA_CHAIN_TABLE, w->table);
	if (w->place == BINDING && !name) {
		mnl_attr_put_u32(header, NFTA_CHAIN_ID, htonl(1));
		mnl_attr_put_u32(header, NFTA_CHAIN_FLAGS, htonl(NFT_CHAIN_BINDING));
		return;
	}
	mnl_attr_put_strz(header, NFTA_CHAIN_NAME, name ? name : TWP_NFT_CHAIN);
	if (w->place != BASE)
		return;
	hook = mnl_attr_nest_start(header, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(header, NFTA_HOOK_HOOKNUM, htonl(NF_INET_FORWARD));
	mnl_attr_put_u32(header, NFTA_HOOK_PRIORITY, htonl(0));
	mnl_attr_nest_end(header, hook);
	mnl_attr_put_strz(header, NFTA_CHAIN_TYPE, "filter");
}

static void put_head(struct nlmsghdr *header, const struct wrong *w, uint16_t type)
{
	struct nlattr *expr = mnl_attr_nest_start(header, type), *data;

	mnl_attr_put_strz(header, NFTA_EXPR_NAME, TWP_NFT_EXPR);
	if (!w->no_data) {
		data = mnl_attr_nest_start(header, NFTA_EXPR_DATA);
		if (!w->no_layout)
			mnl_attr_put_u32(header, TWP_NFTA_LAYOUT,
					 htonl(w->layout ? w->layout : TWP_LAYOUT));
		mnl_attr_nest_end(header, data);
	}
	mnl_attr_nest_end(header, expr);
}

static void put_counter(struct nlmsghdr *header, uint16_t type)
{
	struct nlattr *expr = mnl_attr_nest_start(header, type), *data;

	mnl_attr_put_strz(header, NFTA_EXPR_NAME, "counter");
	data = mnl_attr_nest_start(header, NFTA_EXPR_DATA);
	mnl_attr_nest_end(header, data);
	mnl_attr_nest_end(header, expr);
}

static void put_set(struct batch *batch, const struct wrong *w, int id)
{
	const bool differs = w->map == id + 1;
	const uint32_t flags = (differs && w->no_map ? 0 : NFT_SET_MAP) | (differs ? w->flags : 0);
	struct nlmsghdr *header = put_nft(batch, NFT_MSG_NEWSET, w->family, NLM_F_CREATE);
	struct nlattr *desc;

	mnl_attr_put_strz(header, NFTA_SET_TABLE, w->table);
	mnl_attr_put_strz(header, NFTA_SET_NAME, tables[id].name);
	mnl_attr_put_u32(header, NFTA_SET_ID, htonl((uint32_t)id + 1));
	mnl_attr_put_u32(header, NFTA_SET_FLAGS, htonl(flags));
	mnl_attr_put_u32(header, NFTA_SET_KEY_TYPE, htonl(19));
	mnl_attr_put_u32(header, NFTA_SET_KEY_LEN, htonl(tables[id].key + (differs ? w->key : 0)));
	if (flags & NFT_SET_MAP) {
		mnl_attr_put_u32(header, NFTA_SET_DATA_TYPE, htonl(19));
		mnl_attr_put_u32(header, NFTA_SET_DATA_LEN,
				 htonl(tables[id].data + (differs ? w->data : 0)));
	}
	if (differs && w->timeout)
		mnl_attr_put_u64(header, NFTA_SET_TIMEOUT, htobe64(w->timeout));
	if (differs && w->counter)
		put_counter(header, NFTA_SET_EXPR);
	if (differs && w->place == SET_EXPRESSION)
		put_head(header, w, NFTA_SET_EXPR);
	desc = mnl_attr_nest_start(header, NFTA_SET_DESC);
	mnl_attr_put_u32(header, NFTA_SET_DESC_SIZE, htonl(64));
	mnl_attr_nest_end(header, desc);
}

static void put_lookup(struct nlmsghdr *header, const struct wrong *w, const char *set)
{
	struct nlattr *expr = mnl_attr_nest_start(header, NFTA_LIST_ELEM), *data;

	mnl_attr_put_strz(header, NFTA_EXPR_NAME, "lookup");
	data = mnl_attr_nest_start(header, NFTA_EXPR_DATA);
	mnl_attr_put_strz(header, NFTA_LOOKUP_SET, set);
	if (!w->no_register)
		mnl_attr_put_u32(header, NFTA_LOOKUP_SREG, htonl(NFT_REG32_00));
	if (!w->no_map || strcmp(set, tables[w->map - 1].name))
		mnl_attr_put_u32(header, NFTA_LOOKUP_DREG, htonl(NFT_REG32_08));
	mnl_attr_nest_end(header, data);
	mnl_attr_nest_end(header, expr);
}

/* Writes the key's registers: the longest key. */
static void put_payload(struct nlmsghdr *header)
{
	struct nlattr *expr = mnl_attr_nest_start(header, NFTA_LIST_ELEM), *data;

	mnl_attr_put_strz(header, NFTA_EXPR_NAME, "payload");
	data = mnl_attr_nest_start(header, NFTA_EXPR_DATA);
	mnl_attr_put_u32(header, NFTA_PAYLOAD_DREG, htonl(NFT_REG32_00));
	mnl_attr_put_u32(header, NFTA_PAYLOAD_BASE, htonl(NFT_PAYLOAD_NETWORK_HEADER));
	mnl_attr_put_u32(header, NFTA_PAYLOAD_OFFSET, htonl(0));
	mnl_attr_put_u32(header, NFTA_PAYLOAD_LEN, htonl(sizeof(struct twp_prefix6_key)));
	mnl_attr_nest_end(header, data);
	mnl_attr_nest_end(header, expr);
}

/* Adds to a set with the expression for each element. */
static void put_dynset(struct nlmsghdr *header, const struct wrong *w)
{
	struct nlattr *expr = mnl_attr_nest_start(header, NFTA_LIST_ELEM), *data;

	mnl_attr_put_strz(header, NFTA_EXPR_NAME, "dynset");
	data = mnl_attr_nest_start(header, NFTA_EXPR_DATA);
	mnl_attr_put_strz(header, NFTA_DYNSET_SET_NAME, tables[w->map - 1].name);
	mnl_attr_put_u32(header, NFTA_DYNSET_OP, htonl(0));
	mnl_attr_put_u32(header, NFTA_DYNSET_SREG_KEY, htonl(NFT_REG32_00));
	mnl_attr_put_u32(header, NFTA_DYNSET_SREG_DATA, htonl(NFT_REG32_00));
	put_head(header, w, NFTA_DYNSET_EXPR);
	mnl_attr_nest_end(header, data);
	mnl_attr_nest_end(header, expr);
}

void hostile_put_rule(struct batch *batch, const struct wrong *w)
{
	struct nlmsghdr *header =
		put_nft(batch, NFT_MSG_NEWRULE, w->family, NLM_F_CREATE | NLM_F_APPEND);
	const int lookups = TWP_TABLE_COUNT + w->lookups;
	struct nlattr *list;

	mnl_attr_put_strz(header, NFTA_RULE_TABLE, w->table);
	if (w->place == BINDING)
		mnl_attr_put_u32(header, NFTA_RULE_CHAIN_ID, htonl(1));
	else
		mnl_attr_put_strz(header, NFTA_RULE_CHAIN, TWP_NFT_CHAIN);
	list = mnl_attr_nest_start(header, NFTA_RULE_EXPRESSIONS);
	if (w->second_first)
		put_counter(header, NFTA_LIST_ELEM);
	if (w->place == DYNSET) {
		put_payload(header);
		put_dynset(header, w);
	} else {
		put_head(header, w, NFTA_LIST_ELEM);
	}
	if (w->twice_in_rule)
		put_head(header, w, NFTA_LIST_ELEM);
	if (!w->no_payload)
		put_payload(header);
	for (int i = 0; i < lookups; i++) {
		int id = i % TWP_TABLE_COUNT;

		if (w->swapped && i < 2)
			id = !i;
		put_lookup(header, w, w->another_map && id == 4 ? "another" : tables[id].name);
	}
	mnl_attr_nest_end(header, list);
}

/* A rule that goes to the chain that lives in it. */
static void put_goto(struct batch *batch, const struct wrong *w)
{
	struct nlmsghdr *header =
		put_nft(batch, NFT_MSG_NEWRULE, w->family, NLM_F_CREATE | NLM_F_APPEND);
	struct nlattr *list, *expr, *data, *value, *verdict;

	mnl_attr_put_strz(header, NFTA_RULE_TABLE, w->table);
	mnl_attr_put_strz(header, NFTA_RULE_CHAIN, "outer");
	list = mnl_attr_nest_start(header, NFTA_RULE_EXPRESSIONS);
	expr = mnl_attr_nest_start(header, NFTA_LIST_ELEM);
	mnl_attr_put_strz(header, NFTA_EXPR_NAME, "immediate");
	data = mnl_attr_nest_start(header, NFTA_EXPR_DATA);
	mnl_attr_put_u32(header, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
	value = mnl_attr_nest_start(header, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(header, NFTA_DATA_VERDICT);
	mnl_attr_put_u32(header, NFTA_VERDICT_CODE, htonl((uint32_t)NFT_GOTO));
	mnl_attr_put_u32(header, NFTA_VERDICT_CHAIN_ID, htonl(1));
	mnl_attr_nest_end(header, verdict);
	mnl_attr_nest_end(header, value);
	mnl_attr_nest_end(header, data);
	mnl_attr_nest_end(header, expr);
	mnl_attr_nest_end(header, list);
}

void hostile_put_element(struct batch *batch, const struct wrong *w, int id, const void *key,
			 const void *value)
{
	struct nlmsghdr *header = put_nft(batch, NFT_MSG_NEWSETELEM, w->family, NLM_F_CREATE);
	struct nlattr *list, *element, *data;

	mnl_attr_put_strz(header, NFTA_SET_ELEM_LIST_TABLE, w->table);
	mnl_attr_put_strz(header, NFTA_SET_ELEM_LIST_SET, tables[id].name);
	list = mnl_attr_nest_start(header, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = mnl_attr_nest_start(header, NFTA_LIST_ELEM);
	data = mnl_attr_nest_start(header, NFTA_SET_ELEM_KEY);
	mnl_attr_put(header, NFTA_DATA_VALUE, tables[id].key, key);
	mnl_attr_nest_end(header, data);
	data = mnl_attr_nest_start(header, NFTA_SET_ELEM_DATA);
	mnl_attr_put(header, NFTA_DATA_VALUE, tables[id].data, value);
	mnl_attr_nest_end(header, data);
	if (w->place == ELEMENT_EXPRESSION)
		put_head(header, w, NFTA_SET_ELEM_EXPR);
	mnl_attr_nest_end(header, element);
	mnl_attr_nest_end(header, list);
}

void hostile_put_sets(struct batch *batch, const struct wrong *w)
{
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		if (!w->missing || w->map != id + 1)
			put_set(batch, w, id);
	}
}

/* All of a table, as it should be but for what is wrong. */
void hostile_put_all(struct batch *batch, const struct wrong *w)
{
	static const uint32_t key[5], value[5];

	hostile_put_table(batch, w, true, 0);
	hostile_put_table(batch, w, false, 0);
	hostile_put_table(batch, w, true, 0);
	if (w->place == BINDING)
		hostile_put_chain(batch, w, "outer");
	hostile_put_chain(batch, w, NULL);
	hostile_put_sets(batch, w);
	if (w->place == ELEMENT_EXPRESSION)
		hostile_put_element(batch, w, w->map - 1, key, value);
	hostile_put_rule(batch, w);
	if (w->twice)
		hostile_put_rule(batch, w);
	if (w->place == BINDING)
		put_goto(batch, w);
}

/* A message that cannot be carried out, so that all before it is undone. */
void hostile_put_failure(struct batch *batch)
{
	struct nlmsghdr *header = put_nft(batch, NFT_MSG_DELCHAIN, NFPROTO_INET, 0);

	mnl_attr_put_strz(header, NFTA_CHAIN_TABLE, TWP_NFT_TABLE);
	mnl_attr_put_strz(header, NFTA_CHAIN_NAME, "no such chain");
}

void hostile_put_rules_delete(struct batch *batch)
{
	struct nlmsghdr *header = put_nft(batch, NFT_MSG_DELRULE, NFPROTO_INET, 0);

	mnl_attr_put_strz(header, NFTA_RULE_TABLE, TWP_NFT_TABLE);
	mnl_attr_put_strz(header, NFTA_RULE_CHAIN, TWP_NFT_CHAIN);
}
