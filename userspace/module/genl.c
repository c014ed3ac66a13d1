// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink with libmnl: resolves the family, asks, reads the answer, the
 * acknowledgement and the sentence of a refusal. Blocks in the kernel for as
 * long as the command takes, and no longer.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "genl.h"

#define NOT_LOADED "module twinpath is not loaded; modprobe twinpath"

struct mnl_socket *twp_genl_socket(struct twp_error *error)
{
	struct mnl_socket *socket;
	int on = 1;

	socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!socket) {
		twp_error_set(error, "generic netlink socket: %s", strerror(errno));
		return NULL;
	}
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		twp_error_set(error, "generic netlink bind: %s", strerror(errno));
		mnl_socket_close(socket);
		return NULL;
	}
	/* A kernel without them answers with numbers, which is still an answer. */
	mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, &on, sizeof(on));
	return socket;
}

/* The sentence in an acknowledgement, or NULL. */
static const char *sentence(const struct nlmsghdr *header)
{
	const struct nlmsgerr *ack = mnl_nlmsg_get_payload(header);
	const struct nlattr *attribute;
	size_t offset = sizeof(*ack);

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	/* Without NLM_F_CAPPED the whole request stands before the attributes. */
	if (!(header->nlmsg_flags & NLM_F_CAPPED)) {
		if (ack->msg.nlmsg_len < sizeof(struct nlmsghdr))
			return NULL;
		offset += MNL_ALIGN(ack->msg.nlmsg_len - sizeof(struct nlmsghdr));
	}
	if (offset > mnl_nlmsg_get_payload_len(header))
		return NULL;
	mnl_attr_for_each(attribute, header, offset)
	{
		if (mnl_attr_get_type(attribute) != NLMSGERR_ATTR_MSG)
			continue;
		if (!mnl_attr_get_payload_len(attribute) ||
		    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0)
			return NULL;
		return mnl_attr_get_str(attribute);
	}
	return NULL;
}

static int refused(const struct nlmsghdr *header, struct twp_error *error)
{
	const struct nlmsgerr *ack = mnl_nlmsg_get_payload(header);
	const char *text = sentence(header);
	int number = -ack->error;

	if (text) {
		/* What the kernel prepends for every module. */
		if (!strncmp(text, "twinpath: ", strlen("twinpath: ")))
			text += strlen("twinpath: ");
		twp_error_set(error, "%s", text);
	} else if (number == ENOENT) {
		number = ENODEV;
		twp_error_set(error, NOT_LOADED);
	} else if (number == EPERM) {
		twp_error_set(error, "the module refuses: needs CAP_NET_ADMIN in the first "
				     "user namespace");
	} else {
		twp_error_set(error, "the module refuses: %s", strerror(number));
	}
	errno = number;
	return -1;
}

const struct nlattr *twp_genl_message(const struct nlmsghdr *header)
{
	const struct nlattr *attribute;

	if (mnl_nlmsg_get_payload_len(header) < sizeof(struct genlmsghdr))
		return NULL;
	mnl_attr_for_each(attribute, header, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attribute) == TWP_A_MESSAGE)
			return attribute;
	}
	return NULL;
}

/*
 * Sends what is in @buffer and reads until the acknowledgement. The answer
 * comes before it, in a datagram of its own, and is kept at @buffer.
 */
static int exchange(struct mnl_socket *socket, uint8_t *buffer, const struct nlmsghdr **answer,
		    struct twp_error *error)
{
	struct nlmsghdr *header = (struct nlmsghdr *)buffer;
	uint32_t sequence = header->nlmsg_seq;
	uint8_t ack[1024] __attribute__((aligned(8)));
	uint8_t *room = buffer;
	size_t size = TWP_GENL_BUFFER;
	ssize_t got;
	int left;

	*answer = NULL;
	if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0) {
		int saved = errno;

		twp_error_set(error, "send to the kernel: %s", strerror(saved));
		errno = saved;
		return -1;
	}
	for (;;) {
		got = mnl_socket_recvfrom(socket, room, size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int saved = errno;

			twp_error_set(error, "receive from the kernel: %s", strerror(saved));
			errno = saved;
			return -1;
		}
		left = (int)got;
		for (header = (struct nlmsghdr *)room; mnl_nlmsg_ok(header, left);
		     header = mnl_nlmsg_next(header, &left)) {
			/* A stranger's, or the rest of a request that was given up. */
			if (header->nlmsg_seq != sequence)
				continue;
			if (header->nlmsg_type == NLMSG_ERROR) {
				if (mnl_nlmsg_get_payload_len(header) < sizeof(struct nlmsgerr))
					break;
				const struct nlmsgerr *end = mnl_nlmsg_get_payload(header);

				return end->error ? refused(header, error) : 0;
			}
			if (header->nlmsg_type >= NLMSG_MIN_TYPE && !*answer) {
				*answer = header;
				room = ack;
				size = sizeof(ack);
			}
		}
	}
}

static struct nlmsghdr *request(uint8_t *buffer, uint16_t type, uint8_t cmd, uint8_t version,
				uint32_t sequence)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *generic;

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header->nlmsg_seq = sequence;
	generic = mnl_nlmsg_put_extra_header(header, sizeof(*generic));
	generic->cmd = cmd;
	generic->version = version;
	return header;
}

static uint32_t group_number(const struct nlattr *groups)
{
	const struct nlattr *group, *part;

	mnl_attr_for_each_nested(group, groups)
	{
		const char *name = NULL;
		uint32_t number = 0;

		mnl_attr_for_each_nested(part, group)
		{
			if (mnl_attr_get_type(part) == CTRL_ATTR_MCAST_GRP_NAME)
				name = mnl_attr_get_str(part);
			if (mnl_attr_get_type(part) == CTRL_ATTR_MCAST_GRP_ID)
				number = mnl_attr_get_u32(part);
		}
		if (name && !strcmp(name, TWP_GENL_GROUP_EVENTS))
			return number;
	}
	return 0;
}

int twp_genl_resolve(struct mnl_socket *socket, uint32_t sequence, struct twp_genl_family *family,
		     struct twp_error *error)
{
	uint8_t buffer[TWP_GENL_BUFFER] __attribute__((aligned(8)));
	const struct nlmsghdr *answer;
	const struct nlattr *attribute;
	struct nlmsghdr *header;

	header = request(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, sequence);
	mnl_attr_put_strz(header, CTRL_ATTR_FAMILY_NAME, TWP_GENL_NAME);
	if (exchange(socket, buffer, &answer, error))
		return -1;
	family->id = 0;
	family->events = 0;
	if (answer) {
		mnl_attr_for_each(attribute, answer, sizeof(struct genlmsghdr))
		{
			if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID)
				family->id = mnl_attr_get_u16(attribute);
			if (mnl_attr_get_type(attribute) == CTRL_ATTR_MCAST_GROUPS)
				family->events = group_number(attribute);
		}
	}
	if (!family->id) {
		errno = EPROTO;
		return twp_error_set(
			error, "the kernel does not tell the number of family " TWP_GENL_NAME);
	}
	return 0;
}

int twp_genl_ask(struct mnl_socket *socket, const struct twp_genl_family *family, uint8_t cmd,
		 uint32_t sequence, const void *message, size_t length, uint8_t *buffer,
		 struct twp_genl_answer *answer, struct twp_error *error)
{
	const struct nlmsghdr *came;
	const struct nlattr *attribute;
	struct nlmsghdr *header;

	if (length > TWP_MESSAGE_MAX) {
		errno = EMSGSIZE;
		return twp_error_set(error, "a message of %zu bytes is longer than %u", length,
				     TWP_MESSAGE_MAX);
	}
	header = request(buffer, family->id, cmd, TWP_GENL_VERSION, sequence);
	mnl_attr_put(header, TWP_A_MESSAGE, length, message);
	if (exchange(socket, buffer, &came, error))
		return -1;
	answer->bytes = NULL;
	answer->length = 0;
	attribute = came ? twp_genl_message(came) : NULL;
	if (attribute) {
		answer->bytes = mnl_attr_get_payload(attribute);
		answer->length = mnl_attr_get_payload_len(attribute);
	}
	return 0;
}
