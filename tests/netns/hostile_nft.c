// SPDX-License-Identifier: GPL-2.0-only
/*
 * Anchors that nf_tables must refuse, and transactions that abort. All by hand
 * with libmnl: libnftnl makes nothing that is wrong.
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
#include <time.h>

#include "hostile.h"

#ifndef NFT_TABLE_F_OWNER
#define NFT_TABLE_F_OWNER 2
#endif
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

enum place { REGULAR, BASE, BINDING, SET_EXPRESSION, ELEMENT_EXPRESSION, DYNSET };

/* What is wrong with an anchor, its table or its maps; zero is right. */
struct wrong {
	const char *what;
	int want; /* errno */
	uint32_t layout; /* of the expression; 0: the right one */
	bool no_layout, no_data;
	const char *table;
	uint8_t family;
	enum place place;
	/* the map that differs */
	int map; /* number + 1; 0: none */
	uint32_t key, data, flags; /* added to what is right */
	uint32_t timeout;
	bool no_map, counter, missing;
	/* the rule */
	int lookups; /* too many, or too few */
	bool swapped, no_register, second_first, twice_in_rule, another_map;
	bool no_payload;
	bool twice; /* two rules */
};

struct batch {
	uint8_t *bytes, *last;
	size_t used;
	uint32_t sequence;
};

static struct mnl_socket *nft_socket(void)
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

static void start(struct batch *batch)
{
	*batch = (struct batch){ .bytes = calloc(1, 256 * 1024) };
	if (!batch->bytes)
		exit(2);
	put(batch, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, 0);
}

/* Return: the errno of the first message that was refused, or 0. */
static int commit(struct mnl_socket *socket, struct batch *batch)
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

static void put_table(struct batch *batch, const struct wrong *w, bool add, uint32_t flags)
{
	struct nlmsghdr *header = put_nft(batch, add ? NFT_MSG_NEWTABLE : NFT_MSG_DELTABLE,
					  w->family, add ? NLM_F_CREATE : 0);

	mnl_attr_put_strz(header, NFTA_TABLE_NAME, w->table);
	if (flags)
		mnl_attr_put_u32(header, NFTA_TABLE_FLAGS, htonl(flags));
}

static void put_chain(struct batch *batch, const struct wrong *w, const char *name)
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

static void put_rule(struct batch *batch, const struct wrong *w)
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

static void put_element(struct batch *batch, const struct wrong *w, int id, const void *key,
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

static void put_sets(struct batch *batch, const struct wrong *w)
{
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		if (!w->missing || w->map != id + 1)
			put_set(batch, w, id);
	}
}

/* All of a table, as it should be but for what is wrong. */
static void put_all(struct batch *batch, const struct wrong *w)
{
	static const uint32_t key[5], value[5];

	put_table(batch, w, true, 0);
	put_table(batch, w, false, 0);
	put_table(batch, w, true, 0);
	if (w->place == BINDING)
		put_chain(batch, w, "outer");
	put_chain(batch, w, NULL);
	put_sets(batch, w);
	if (w->place == ELEMENT_EXPRESSION)
		put_element(batch, w, w->map - 1, key, value);
	put_rule(batch, w);
	if (w->twice)
		put_rule(batch, w);
	if (w->place == BINDING)
		put_goto(batch, w);
}

/* A message that cannot be carried out, so that all before it is undone. */
static void put_failure(struct batch *batch)
{
	struct nlmsghdr *header = put_nft(batch, NFT_MSG_DELCHAIN, NFPROTO_INET, 0);

	mnl_attr_put_strz(header, NFTA_CHAIN_TABLE, TWP_NFT_TABLE);
	mnl_attr_put_strz(header, NFTA_CHAIN_NAME, "no such chain");
}

static void put_rules_delete(struct batch *batch)
{
	struct nlmsghdr *header = put_nft(batch, NFT_MSG_DELRULE, NFPROTO_INET, 0);

	mnl_attr_put_strz(header, NFTA_RULE_TABLE, TWP_NFT_TABLE);
	mnl_attr_put_strz(header, NFTA_RULE_CHAIN, TWP_NFT_CHAIN);
}

static bool bound(uint32_t *generation)
{
	Twinpath__V1__ModuleStatus *status = hostile_status();
	bool is = status && status->nft && status->nft->bound;

	if (generation)
		*generation = is ? status->nft->generation : 0;
	if (status)
		twinpath__v1__module_status__free_unpacked(status, NULL);
	return is;
}

#define RIGHT .family = NFPROTO_INET, .table = TWP_NFT_TABLE

static const struct wrong right = { "right", 0, RIGHT };

static const struct wrong wrongs[] = {
	{ "another layout", EPROTO, RIGHT, .layout = TWP_LAYOUT + 1 },
	{ "layout 2^32 - 1", EPROTO, RIGHT, .layout = 0xffffffff },
	{ "no layout", EPROTO, RIGHT, .no_layout = true },
	{ "no data", EPROTO, RIGHT, .no_data = true },
	{ "another table", EOPNOTSUPP, .family = NFPROTO_INET, .table = "twinpath2" },
	{ "family ip", ENOENT, .family = NFPROTO_IPV4, .table = TWP_NFT_TABLE },
	{ "family bridge", ENOENT, .family = NFPROTO_BRIDGE, .table = TWP_NFT_TABLE },
	{ "a base chain", EOPNOTSUPP, RIGHT, .place = BASE },
	{ "a chain in a rule", EOPNOTSUPP, RIGHT, .place = BINDING },
	{ "an expression of a set", EOPNOTSUPP, RIGHT, .place = SET_EXPRESSION, .map = 5 },
	{ "an expression of an element", EOPNOTSUPP, RIGHT, .place = ELEMENT_EXPRESSION, .map = 5 },
	{ "in a dynset", EOPNOTSUPP, RIGHT, .place = DYNSET, .map = 5, .flags = NFT_SET_EVAL },
	{ "a short key", EINVAL, RIGHT, .map = 5, .key = (uint32_t)-4 },
	{ "a long key", EINVAL, RIGHT, .map = 1, .key = 4 },
	{ "short data", EINVAL, RIGHT, .map = 2, .data = (uint32_t)-4 },
	{ "long data", EINVAL, RIGHT, .map = 6, .data = 4 },
	{ "a map with timeouts", EINVAL, RIGHT, .map = 5, .flags = NFT_SET_TIMEOUT },
	{ "a map with a timeout", EINVAL, RIGHT, .map = 1, .flags = NFT_SET_TIMEOUT,
	  .timeout = 9999 },
	{ "a map of intervals", EINVAL, RIGHT, .map = 1, .flags = NFT_SET_INTERVAL },
	{ "a map that packets fill", EINVAL, RIGHT, .map = 5, .flags = NFT_SET_EVAL },
	{ "a map with counters", EINVAL, RIGHT, .map = 5, .counter = true },
	{ "a set", EINVAL, RIGHT, .map = 5, .no_map = true },
	{ "no such map", ENOENT, RIGHT, .map = 6, .missing = true },
	{ "no lookups", EINVAL, RIGHT, .lookups = -TWP_TABLE_COUNT },
	{ "a lookup too few", EINVAL, RIGHT, .lookups = -1 },
	{ "a lookup too many", EINVAL, RIGHT, .lookups = 1 },
	{ "lookups of the wrong order", EINVAL, RIGHT, .swapped = true },
	{ "a lookup in another map", EINVAL, RIGHT, .another_map = true },
	{ "lookups that the kernel refuses", EINVAL, RIGHT, .no_register = true },
	{ "nothing that writes the key", EINVAL, RIGHT, .no_payload = true },
	{ "the second expression", EINVAL, RIGHT, .second_first = true },
	{ "twice in a rule", EINVAL, RIGHT, .twice_in_rule = true },
	{ "two anchors", EEXIST, RIGHT, .twice = true },
};

static void expect(const char *what, int err, int want)
{
	if (err != want)
		hostile_complain("%s: %s, not: %s", what, strerror(err), strerror(want));
}

static void expect_bound(const char *what, bool want)
{
	if (bound(NULL) != want)
		hostile_complain("%s: the anchor is %s", what, want ? "lost" : "there");
}

static void all_wrongs(struct mnl_socket *socket, bool is_bound)
{
	struct batch batch;

	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		/* More often than there are places for anchors. */
		for (int times = 0; times < 3; times++) {
			start(&batch);
			put_all(&batch, &wrongs[i]);
			expect(wrongs[i].what, commit(socket, &batch), wrongs[i].want);
		}
		expect_bound(wrongs[i].what, is_bound);
	}
}

/* No map says more than it may: a verdict is an index in the module. */
static void wild_decision(struct mnl_socket *socket)
{
	static const uint32_t host[5] = { 300, TWP_ENFORCED | 1, 0, TWP_ENFORCED | 1, 0 };
	static const uint32_t address = 0x0100000a;
	Twinpath__V1__ClassifyRequest classify = TWINPATH__V1__CLASSIFY_REQUEST__INIT;
	Twinpath__V1__Tuple tuple = TWINPATH__V1__TUPLE__INIT;
	struct hostile_answer answer;
	uint8_t bytes[128];
	struct batch batch;

	tuple.client = tuple.server = (ProtobufCBinaryData){ 4, (uint8_t *)&address };
	tuple.protocol = 6;
	classify.backend = TWINPATH__V1__BACKEND__BACKEND_NFT;
	classify.tuple = &tuple;
	for (uint32_t verdict = 0; verdict < 16; verdict++) {
		const uint32_t decision = TWP_DECISION(verdict, TWP_RULE_NUMBER_MASK);

		start(&batch);
		put_all(&batch, &right);
		put_element(&batch, &right, TWP_TABLE_HOST4, &address, host);
		for (uint32_t direction = 0; direction < TWP_DIRECTIONS; direction++) {
			const struct twp_rule_key key = { TWP_SUBJECT(300, direction), 300,
							  TWP_SHAPE(6, 0), 0, 0 };

			put_element(&batch, &right, TWP_TABLE_RULES, &key, &decision);
		}
		expect("a wild decision", commit(socket, &batch), 0);
		hostile_ask(TWP_CMD_CLASSIFY, bytes,
			    twinpath__v1__classify_request__pack(&classify, bytes), &answer);
		if (verdict >= TWP_VERDICT_ALLOW && verdict <= TWP_VERDICT_DENY)
			expect("a decision", answer.err, 0);
		else if (!answer.err || !answer.sentence[0])
			hostile_complain("a decision of verdict %u is judged by", verdict);
	}
}

/* As many as fit into one transaction: the places for anchors are bounded. */
static void replaced_in_one(struct mnl_socket *socket)
{
	struct batch batch;
	int err;

	start(&batch);
	for (int i = 0; i < 3; i++) {
		put_rules_delete(&batch);
		put_rule(&batch, &right);
	}
	err = commit(socket, &batch);
	if (err && err != EBUSY)
		hostile_complain("replaced thrice in one transaction: %s", strerror(err));
	expect_bound("replaced thrice in one transaction", true);
}

int hostile_anchor(void)
{
	struct mnl_socket *socket = nft_socket();
	struct batch batch;

	all_wrongs(socket, false);
	start(&batch);
	put_all(&batch, &right);
	put_failure(&batch);
	expect("an aborted first anchor", commit(socket, &batch), ENOENT);
	expect_bound("an aborted first anchor", false);

	start(&batch);
	put_all(&batch, &right);
	expect("the first anchor", commit(socket, &batch), 0);
	expect_bound("the first anchor", true);
	all_wrongs(socket, true);
	hostile_anchor_alone(EEXIST);
	hostile_swap(5);
	hostile_abort(5);
	replaced_in_one(socket);
	wild_decision(socket);

	start(&batch);
	put_table(&batch, &right, false, 0);
	expect("the table deleted", commit(socket, &batch), 0);
	expect_bound("the table deleted", false);
	return hostile_complained();
}

int hostile_table(uint32_t generation)
{
	static const uint32_t key = TWP_GENERATION_HELD;
	const struct twp_generation_value value = { { generation } };
	struct mnl_socket *socket = nft_socket();
	struct batch batch;

	start(&batch);
	put_all(&batch, &right);
	put_element(&batch, &right, TWP_TABLE_GENERATION, &key, &value);
	expect("the table", commit(socket, &batch), 0);
	mnl_socket_close(socket);
	return hostile_complained();
}

int hostile_owner(void)
{
	const struct timespec while_ = { .tv_nsec = 100000000 };
	struct mnl_socket *socket = nft_socket();
	struct batch batch;

	start(&batch);
	put_table(&batch, &right, true, NFT_TABLE_F_OWNER);
	put_chain(&batch, &right, NULL);
	put_sets(&batch, &right);
	put_rule(&batch, &right);
	expect("an owned table", commit(socket, &batch), 0);
	expect_bound("an owned table", true);
	mnl_socket_close(socket);
	for (int i = 0; i < 50 && bound(NULL); i++)
		nanosleep(&while_, NULL);
	expect_bound("the owner closed", false);
	return hostile_complained();
}

int hostile_anchor_alone(int want)
{
	struct mnl_socket *socket = nft_socket();
	struct batch batch;

	start(&batch);
	put_rule(&batch, &right);
	expect("an anchor alone", commit(socket, &batch), want);
	mnl_socket_close(socket);
	return hostile_complained();
}

static int swap(unsigned int times, bool abort)
{
	struct mnl_socket *socket = nft_socket();
	uint32_t before, after;
	struct batch batch;

	bound(&before);
	for (unsigned int i = 0; i < times; i++) {
		start(&batch);
		put_rules_delete(&batch);
		put_rule(&batch, &right);
		if (abort)
			put_failure(&batch);
		expect(abort ? "aborted" : "swapped", commit(socket, &batch), abort ? ENOENT : 0);
		expect_bound(abort ? "aborted" : "swapped", true);
	}
	bound(&after);
	if (before != after)
		hostile_complain("nft held generation %u, and now %u", before, after);
	mnl_socket_close(socket);
	return hostile_complained();
}

int hostile_swap(unsigned int times)
{
	return swap(times, false);
}

int hostile_abort(unsigned int times)
{
	return swap(times, true);
}
