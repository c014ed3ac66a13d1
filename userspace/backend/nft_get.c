// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel holds of table inet twinpath: dumps, read until one is not disturbed. */
#include "nft.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#define BUFFER_SIZE (64 * 1024)
#define TRIES 100

typedef int dump_call(const struct nlmsghdr *message, void *context); /* Return: 0 or -errno. */

struct dump {
	dump_call *call;
	void *context;
	int err; /* the first */
	bool done;
	bool disturbed; /* the table was changed meanwhile */
};

static void dump_message(struct dump *dump, const struct nlmsghdr *message)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		dump->disturbed = true;
	if (message->nlmsg_type == NLMSG_DONE) {
		dump->done = true;
	} else if (message->nlmsg_type == NLMSG_ERROR) {
		dump->done = true;
		dump->err = answer->error;
	} else if (!dump->err) {
		dump->err = dump->call(message, dump->context);
	}
}

/* Read to the end in any case: the kernel has one dump at a time. Return: 0, or -errno; -EINTR if
 * it was disturbed.
 */
static int dump_once(struct mnl_socket *socket, const struct nlmsghdr *request, dump_call *call,
		     void *context)
{
	struct dump dump = { .call = call, .context = context };
	char buffer[BUFFER_SIZE] __attribute__((aligned(8)));

	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	while (!dump.done) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
		ssize_t got = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		int left = got;

		if (got < 0 && errno != EINTR)
			return -errno;
		for (; got > 0 && mnl_nlmsg_ok(message, left);
		     message = mnl_nlmsg_next(message, &left)) {
			if (message->nlmsg_seq == request->nlmsg_seq)
				dump_message(&dump, message);
		}
	}
	return dump.disturbed ? -EINTR : dump.err;
}

static struct nlmsghdr *request(char *buffer, uint16_t type)
{
	static uint32_t sequence;
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *family;

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message->nlmsg_seq = ++sequence;
	family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
	*family = (struct nfgenmsg){ .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };
	return message;
}

static int failed(const char *what, int err, struct twp_error *error)
{
	return twp_error_set(error, "nft: cannot read %s: %s", what, strerror(err));
}

/* In which of the tables' maps all is as it should be. */
struct sets {
	const struct twp_sizes *sizes;
	bool right[TWP_TABLE_COUNT];
};

static int set_call(const struct nlmsghdr *message, void *context)
{
	struct nftnl_set *set = nftnl_set_alloc();
	struct sets *sets = context;
	const char *name, *table;

	if (!set)
		return -ENOMEM;
	if (nftnl_set_nlmsg_parse(message, set)) {
		nftnl_set_free(set);
		return 0;
	}
	name = nftnl_set_get_str(set, NFTNL_SET_NAME);
	table = nftnl_set_get_str(set, NFTNL_SET_TABLE);
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		const struct twp_table_layout *layout = &twp_table_layouts[id];

		if (!name || !table || strcmp(table, TWP_NFT_TABLE) || strcmp(name, layout->name))
			continue;
		sets->right[id] =
			nftnl_set_get_u32(set, NFTNL_SET_FLAGS) == NFT_SET_MAP &&
			nftnl_set_get_u32(set, NFTNL_SET_KEY_LEN) == layout->key_size &&
			nftnl_set_get_u32(set, NFTNL_SET_DATA_LEN) == layout->value_size &&
			nftnl_set_get_u32(set, NFTNL_SET_DESC_SIZE) == sets->sizes->size[id];
	}
	nftnl_set_free(set);
	return 0;
}

int twp_nft_get_sets(struct mnl_socket *socket, const struct twp_sizes *sizes,
		     struct twp_error *error)
{
	char asked[256] __attribute__((aligned(8)));
	struct nlmsghdr *message;
	struct sets sets;
	int err;

	for (int i = 0; i < TRIES; i++) {
		sets = (struct sets){ .sizes = sizes };
		message = request(asked, NFT_MSG_GETSET);
		mnl_attr_put_strz(message, NFTA_SET_TABLE, TWP_NFT_TABLE);
		err = dump_once(socket, message, set_call, &sets);
		if (err != -EINTR)
			break;
	}
	if (err == -ENOENT)
		return 0;
	if (err)
		return failed("the maps", -err, error);
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		if (!sets.right[id])
			return 0;
	}
	return 1;
}

static int comment_call(const struct nftnl_udata *user, void *context)
{
	bool *ours = context;

	if (nftnl_udata_type(user) == NFTNL_UDATA_RULE_COMMENT &&
	    nftnl_udata_len(user) == sizeof(TWP_NFT_COMMENT) &&
	    !memcmp(nftnl_udata_get(user), TWP_NFT_COMMENT, sizeof(TWP_NFT_COMMENT)))
		*ours = true;
	return 0;
}

static int rule_call(const struct nlmsghdr *message, void *context)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_RULE_USERDATA)
			nftnl_udata_parse(mnl_attr_get_payload(attr),
					  mnl_attr_get_payload_len(attr), comment_call, context);
	}
	return 0;
}

int twp_nft_get_anchor(struct mnl_socket *socket, struct twp_error *error)
{
	char asked[256] __attribute__((aligned(8)));
	struct nlmsghdr *message;
	bool ours;
	int err;

	for (int i = 0; i < TRIES; i++) {
		ours = false;
		message = request(asked, NFT_MSG_GETRULE);
		mnl_attr_put_strz(message, NFTA_RULE_TABLE, TWP_NFT_TABLE);
		mnl_attr_put_strz(message, NFTA_RULE_CHAIN, TWP_NFT_CHAIN);
		err = dump_once(socket, message, rule_call, &ours);
		if (err != -EINTR)
			break;
	}
	if (err && err != -ENOENT)
		return failed("the anchor", -err, error);
	return !err && ours;
}

struct elements {
	enum twp_table_id id;
	struct twp_image *image;
};

/* The bytes of a key or a datum, if there are as many as there should be. */
static const void *data_get(const struct nlattr *nest, size_t size)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
	{
		if (mnl_attr_get_type(attr) == NFTA_DATA_VALUE &&
		    mnl_attr_get_payload_len(attr) == size)
			return mnl_attr_get_payload(attr);
	}
	return NULL;
}

static int element_get(const struct nlattr *element, struct elements *elements)
{
	const struct twp_table_layout *layout = &twp_table_layouts[elements->id];
	const void *key = NULL, *value = NULL;
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, element)
	{
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_KEY)
			key = data_get(attr, layout->key_size);
		else if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_DATA)
			value = data_get(attr, layout->value_size);
	}
	if (!key || !value)
		return -EPROTO;
	return twp_image_add(elements->image, elements->id, key, value) ? -ENOMEM : 0;
}

static int elements_call(const struct nlmsghdr *message, void *context)
{
	const struct nlattr *list, *element;
	int err;

	mnl_attr_for_each(list, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(list) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(element, list)
		{
			err = element_get(element, context);
			if (err)
				return err;
		}
	}
	return 0;
}

int twp_nft_get_elements(struct mnl_socket *socket, enum twp_table_id id, struct twp_image *image,
			 struct twp_error *error)
{
	char asked[256] __attribute__((aligned(8)));
	struct elements elements = { .id = id, .image = image };
	struct nlmsghdr *message;
	int err;

	for (int i = 0; i < TRIES; i++) {
		image->table[id].count = 0;
		message = request(asked, NFT_MSG_GETSETELEM);
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, TWP_NFT_TABLE);
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, twp_table_layouts[id].name);
		err = dump_once(socket, message, elements_call, &elements);
		if (err != -EINTR)
			break;
	}
	if (err == -ENOENT)
		return 0;
	return err ? failed(twp_table_layouts[id].name, -err, error) : 1;
}
