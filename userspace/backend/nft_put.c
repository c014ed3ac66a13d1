// SPDX-License-Identifier: GPL-2.0-only
/*
 * The messages that make table inet twinpath and fill it.
 *
 * The maps have NFT_SET_MAP and a size, nothing else, so that the kernel makes
 * them hash tables, and the module accepts them. Types and byte orders are for
 * nft alone, which lists the entries by them: they are those that it sends
 * itself for a map of the same types.
 */
#include "nft.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/chain.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

/* nft's numbers for its data types (src/datatype.h); a concatenation has 6 bits for each. */
enum {
	TYPE_IPADDR = 7,
	TYPE_IP6ADDR = 8,
	TYPE_INET_SERVICE = 13,
	TYPE_MARK = 19,
};

#define TYPES2(a, b) ((a) << 6 | (b))
#define TYPES4(a, b, c, d) (TYPES2(a, b) << 12 | TYPES2(c, d))
#define TYPES5(a, b, c, d, e) (TYPES4(a, b, c, d) << 6 | (e))

/* Of a concatenation there is none: each field has its type's. */
enum { ORDER_CONCATENATION = 0, ORDER_HOST = 1, ORDER_NETWORK = 2 };

#define MARKS5 TYPES5(TYPE_MARK, TYPE_MARK, TYPE_MARK, TYPE_MARK, TYPE_MARK)

static const struct set_type {
	uint32_t key, key_order;
	uint32_t data, data_order;
} set_types[TWP_TABLE_COUNT] = {
	[TWP_TABLE_HOST4] = { TYPE_IPADDR, ORDER_NETWORK, MARKS5, ORDER_CONCATENATION },
	[TWP_TABLE_HOST6] = { TYPE_IP6ADDR, ORDER_NETWORK, MARKS5, ORDER_CONCATENATION },
	[TWP_TABLE_PREFIX4] = { TYPES2(TYPE_IPADDR, TYPE_INET_SERVICE), ORDER_CONCATENATION,
				TYPE_MARK, ORDER_HOST },
	[TWP_TABLE_PREFIX6] = { TYPES2(TYPE_IP6ADDR, TYPE_INET_SERVICE), ORDER_CONCATENATION,
				TYPE_MARK, ORDER_HOST },
	[TWP_TABLE_RULES] = { TYPES4(TYPE_MARK, TYPE_MARK, TYPE_MARK, TYPE_INET_SERVICE),
			      ORDER_CONCATENATION, TYPE_MARK, ORDER_HOST },
	[TWP_TABLE_GENERATION] = { TYPE_MARK, ORDER_HOST, MARKS5, ORDER_CONCATENATION },
};

static struct nlmsghdr *header(struct nlmsghdr *message, uint16_t type, uint16_t flags)
{
	return nftnl_nlmsg_build_hdr((char *)message, type, NFPROTO_INET, flags,
				     message->nlmsg_seq);
}

void twp_nft_put_table(struct twp_nft_batch *batch, enum twp_nft_op op)
{
	struct nlmsghdr *message = twp_nft_batch_start(batch, op, 0);
	const bool add = op == TWP_NFT_TABLE_ADD;

	if (!message)
		return;
	header(message, add ? NFT_MSG_NEWTABLE : NFT_MSG_DELTABLE, add ? NLM_F_CREATE : 0);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, TWP_NFT_TABLE);
	twp_nft_batch_end(batch, message);
}

void twp_nft_put_chain(struct twp_nft_batch *batch)
{
	struct nlmsghdr *message = twp_nft_batch_start(batch, TWP_NFT_CHAIN_ADD, 0);

	if (!message)
		return;
	header(message, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, TWP_NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, TWP_NFT_CHAIN);
	twp_nft_batch_end(batch, message);
}

static bool set_fill(struct nftnl_set *set, enum twp_table_id id, uint32_t size)
{
	const struct twp_table_layout *layout = &twp_table_layouts[id];
	const struct set_type *type = &set_types[id];
	struct nftnl_udata_buf *user = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);
	bool done = user && !nftnl_set_set_str(set, NFTNL_SET_TABLE, TWP_NFT_TABLE) &&
		    !nftnl_set_set_str(set, NFTNL_SET_NAME, layout->name) &&
		    nftnl_udata_put_u32(user, NFTNL_UDATA_SET_KEYBYTEORDER, type->key_order) &&
		    nftnl_udata_put_u32(user, NFTNL_UDATA_SET_DATABYTEORDER, type->data_order) &&
		    !nftnl_set_set_data(set, NFTNL_SET_USERDATA, nftnl_udata_buf_data(user),
					nftnl_udata_buf_len(user));

	nftnl_set_set_u32(set, NFTNL_SET_ID, 1 + id);
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS, NFT_SET_MAP);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, type->key);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, layout->key_size);
	nftnl_set_set_u32(set, NFTNL_SET_DATA_TYPE, type->data);
	nftnl_set_set_u32(set, NFTNL_SET_DATA_LEN, layout->value_size);
	nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, size);
	if (user)
		nftnl_udata_buf_free(user);
	return done;
}

void twp_nft_put_set(struct twp_nft_batch *batch, enum twp_table_id id, uint32_t size)
{
	struct nlmsghdr *message = twp_nft_batch_start(batch, TWP_NFT_SET_ADD, id);
	struct nftnl_set *set = nftnl_set_alloc();

	if (set && message && set_fill(set, id, size)) {
		header(message, NFT_MSG_NEWSET, NLM_F_CREATE);
		nftnl_set_nlmsg_build_payload(message, set);
		twp_nft_batch_end(batch, message);
	} else {
		batch->failed = true;
	}
	if (set)
		nftnl_set_free(set);
}

/* libnftnl makes only the expressions that it knows. */
static void put_head(struct nlmsghdr *message)
{
	struct nlattr *data;

	mnl_attr_put_strz(message, NFTA_EXPR_NAME, TWP_NFT_EXPR);
	data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	mnl_attr_put_u32(message, TWP_NFTA_LAYOUT, htonl(TWP_LAYOUT));
	mnl_attr_nest_end(message, data);
}

void (*twp_nft_put_head)(struct nlmsghdr *message) = put_head;

/* No packet comes here. nft lists a lookup only behind something that wrote its key, and kernels
 * that track registers accept it only there: the first bytes of a packet are as long as the
 * longest key.
 */
static void put_key(struct nlmsghdr *message)
{
	struct nlattr *data;

	mnl_attr_put_strz(message, NFTA_EXPR_NAME, "payload");
	data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	mnl_attr_put_u32(message, NFTA_PAYLOAD_DREG, htonl(NFT_REG32_00));
	mnl_attr_put_u32(message, NFTA_PAYLOAD_BASE, htonl(NFT_PAYLOAD_NETWORK_HEADER));
	mnl_attr_put_u32(message, NFTA_PAYLOAD_OFFSET, htonl(0));
	mnl_attr_put_u32(message, NFTA_PAYLOAD_LEN, htonl(sizeof(struct twp_prefix6_key)));
	mnl_attr_nest_end(message, data);
}

/* The lookup holds the reference on its map. Its data go to other registers. */
static void put_lookup(struct nlmsghdr *message, enum twp_table_id id)
{
	struct nlattr *data;

	mnl_attr_put_strz(message, NFTA_EXPR_NAME, "lookup");
	data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	mnl_attr_put_strz(message, NFTA_LOOKUP_SET, twp_table_layouts[id].name);
	mnl_attr_put_u32(message, NFTA_LOOKUP_SET_ID, htonl(1 + id));
	mnl_attr_put_u32(message, NFTA_LOOKUP_SREG, htonl(NFT_REG32_00));
	mnl_attr_put_u32(message, NFTA_LOOKUP_DREG, htonl(NFT_REG32_08));
	mnl_attr_nest_end(message, data);
}

static void put_comment(struct twp_nft_batch *batch, struct nlmsghdr *message)
{
	struct nftnl_udata_buf *user = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);

	if (user && nftnl_udata_put_strz(user, NFTNL_UDATA_RULE_COMMENT, TWP_NFT_COMMENT))
		mnl_attr_put(message, NFTA_RULE_USERDATA, nftnl_udata_buf_len(user),
			     nftnl_udata_buf_data(user));
	else
		batch->failed = true;
	if (user)
		nftnl_udata_buf_free(user);
}

void twp_nft_put_anchor(struct twp_nft_batch *batch)
{
	struct nlmsghdr *message = twp_nft_batch_start(batch, TWP_NFT_ANCHOR_ADD, 0);
	struct nlattr *list, *expr;

	if (!message)
		return;
	header(message, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, TWP_NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, TWP_NFT_CHAIN);
	list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	expr = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	twp_nft_put_head(message);
	mnl_attr_nest_end(message, expr);
	expr = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	put_key(message);
	mnl_attr_nest_end(message, expr);
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		expr = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
		put_lookup(message, id);
		mnl_attr_nest_end(message, expr);
	}
	mnl_attr_nest_end(message, list);
	put_comment(batch, message);
	twp_nft_batch_end(batch, message);
}

/* An attribute's length has 16 bits, the list's too. */
#define LIST_MAX 65000

static bool elements_start(struct twp_nft_elements *elements)
{
	struct nlmsghdr *message;

	message = twp_nft_batch_start(elements->batch, elements->op, elements->id);
	if (!message)
		return false;
	header(message,
	       elements->op == TWP_NFT_ELEMENTS_ADD ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
	       elements->op == TWP_NFT_ELEMENTS_ADD ? NLM_F_CREATE | NLM_F_EXCL : 0);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, TWP_NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, twp_table_layouts[elements->id].name);
	mnl_attr_put_u32(message, NFTA_SET_ELEM_LIST_SET_ID, htonl(1 + elements->id));
	elements->list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	elements->message = message;
	return true;
}

static void put_data(struct nlmsghdr *message, uint16_t type, const void *data, size_t size)
{
	struct nlattr *nest = mnl_attr_nest_start(message, type);

	mnl_attr_put(message, NFTA_DATA_VALUE, size, data);
	mnl_attr_nest_end(message, nest);
}

void twp_nft_put_element(struct twp_nft_elements *elements, const void *key, const void *value)
{
	const struct twp_table_layout *layout = &twp_table_layouts[elements->id];
	struct nlmsghdr *message;
	struct nlattr *element;

	if (!elements->message && !elements_start(elements))
		return;
	message = elements->message;
	element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	put_data(message, NFTA_SET_ELEM_KEY, key, layout->key_size);
	if (value)
		put_data(message, NFTA_SET_ELEM_DATA, value, layout->value_size);
	mnl_attr_nest_end(message, element);
	if ((char *)mnl_nlmsg_get_payload_tail(message) - (char *)elements->list > LIST_MAX)
		twp_nft_put_elements_end(elements);
}

void twp_nft_put_elements_end(struct twp_nft_elements *elements)
{
	if (!elements->message)
		return;
	mnl_attr_nest_end(elements->message, elements->list);
	twp_nft_batch_end(elements->batch, elements->message);
	elements->message = NULL;
}
