// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile - says to the module, to nf_tables and to the daemon what nobody
 * should, and complains if it is not refused. In a guest.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hostile.h"

static const char usage[] =
	"usage: hostile family              is there a family? 1: no\n"
	"       hostile join [SECONDS]      join the group of events, for so long; 1: refused\n"
	"       hostile denied              every command is refused with EPERM\n"
	"       hostile module [ROUNDS]     malformed messages\n"
	"       hostile flood [PROCESSES]   refusals at the same time\n"
	"       hostile bind OBJECT         bind the program of a BPF object, with empty maps\n"
	"       hostile enforce OBJECT      a policy of nothing, in a namespace of one's own\n"
	"       hostile anchor              the anchor expression, in a namespace of one's own\n"
	"       hostile owner               an anchor in a table that goes with its socket\n"
	"       hostile anchor-alone ERRNO  one valid anchor beside what is there\n"
	"       hostile swap|abort TIMES    anchors of the daemon's table\n"
	"       hostile socket PATH         the daemon's socket\n"
	"       hostile crowd PATH N        so many connections, held\n";

static bool complained;

void hostile_complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	complained = true;
}

bool hostile_complained(void)
{
	return complained;
}

/* xorshift32 */
uint32_t hostile_random(void)
{
	static uint32_t state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static struct mnl_socket *generic_socket(void)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_GENERIC);
	int on = 1;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		perror("generic netlink");
		exit(2);
	}
	mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, &on, sizeof(on));
	return socket;
}

static struct mnl_socket *the_socket(void)
{
	static struct mnl_socket *socket;

	if (!socket)
		socket = generic_socket();
	return socket;
}

static void answer_error(const struct nlmsghdr *header, struct hostile_answer *answer)
{
	const struct nlmsgerr *ack = mnl_nlmsg_get_payload(header);
	const struct nlattr *attribute;

	answer->err = -ack->error;
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attribute, header, sizeof(*ack))
	{
		if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG)
			snprintf(answer->sentence, sizeof(answer->sentence), "%s",
				 mnl_attr_get_str(attribute));
	}
}

void hostile_exchange(struct nlmsghdr *header, struct hostile_answer *answer)
{
	static uint8_t room[2 * TWP_MESSAGE_MAX] __attribute__((aligned(8)));
	static uint32_t sequence;
	const struct nlmsghdr *got;
	const struct nlattr *attribute;
	ssize_t bytes;
	int left;

	memset(answer, 0, sizeof(*answer));
	header->nlmsg_seq = ++sequence;
	if (mnl_socket_sendto(the_socket(), header, header->nlmsg_len) < 0) {
		answer->err = errno;
		return;
	}
	for (;;) {
		bytes = mnl_socket_recvfrom(the_socket(), room, sizeof(room));
		if (bytes < 0) {
			answer->err = errno;
			return;
		}
		left = (int)bytes;
		for (got = (void *)room; mnl_nlmsg_ok(got, left);
		     got = mnl_nlmsg_next(got, &left)) {
			if (got->nlmsg_seq != header->nlmsg_seq)
				continue;
			if (got->nlmsg_type == NLMSG_ERROR) {
				answer_error(got, answer);
				return;
			}
			mnl_attr_for_each(attribute, got, sizeof(struct genlmsghdr))
			{
				if (mnl_attr_get_type(attribute) != TWP_A_MESSAGE)
					continue;
				answer->length = mnl_attr_get_payload_len(attribute);
				memcpy(answer->message, mnl_attr_get_payload(attribute),
				       answer->length);
			}
		}
	}
}

static struct nlmsghdr *request(void *room, uint16_t type, uint8_t cmd)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(room);
	struct genlmsghdr *generic = mnl_nlmsg_put_extra_header(header, sizeof(*generic));

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	generic->cmd = cmd;
	generic->version = TWP_GENL_VERSION;
	return header;
}

static void group_read(const struct nlattr *groups, uint32_t *number)
{
	const struct nlattr *group, *part;

	mnl_attr_for_each_nested(group, groups)
	{
		mnl_attr_for_each_nested(part, group)
		{
			if (mnl_attr_get_type(part) == CTRL_ATTR_MCAST_GRP_ID)
				*number = mnl_attr_get_u32(part);
		}
	}
}

bool hostile_family(uint16_t *id, uint32_t *group)
{
	uint8_t room[8192] __attribute__((aligned(8)));
	struct mnl_socket *socket = generic_socket();
	struct nlmsghdr *header = request(room, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	const struct nlattr *attribute;
	ssize_t bytes;

	header->nlmsg_flags = NLM_F_REQUEST;
	mnl_attr_put_strz(header, CTRL_ATTR_FAMILY_NAME, TWP_GENL_NAME);
	*id = 0;
	*group = 0;
	bytes = mnl_socket_sendto(socket, header, header->nlmsg_len);
	if (bytes >= 0)
		bytes = mnl_socket_recvfrom(socket, room, sizeof(room));
	header = (void *)room;
	if (bytes > 0 && header->nlmsg_type == NLMSG_ERROR)
		errno = -((struct nlmsgerr *)mnl_nlmsg_get_payload(header))->error;
	else if (bytes > 0) {
		mnl_attr_for_each(attribute, header, sizeof(struct genlmsghdr))
		{
			if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID)
				*id = mnl_attr_get_u16(attribute);
			if (mnl_attr_get_type(attribute) == CTRL_ATTR_MCAST_GROUPS)
				group_read(attribute, group);
		}
	}
	mnl_socket_close(socket);
	return *id;
}

static uint16_t family_id(void)
{
	static uint16_t id;
	uint32_t group;

	if (!id && !hostile_family(&id, &group)) {
		perror("family " TWP_GENL_NAME);
		exit(2);
	}
	return id;
}

struct nlmsghdr *hostile_request(void *room, uint8_t cmd)
{
	return request(room, family_id(), cmd);
}

void hostile_ask(uint8_t cmd, const void *message, size_t length, struct hostile_answer *answer)
{
	static uint8_t room[70000] __attribute__((aligned(8)));
	struct nlmsghdr *header = hostile_request(room, cmd);

	mnl_attr_put(header, TWP_A_MESSAGE, length, message);
	hostile_exchange(header, answer);
}

Twinpath__V1__ModuleStatus *hostile_status(void)
{
	Twinpath__V1__ModuleStatus *status = NULL;
	struct hostile_answer answer;

	hostile_ask(TWP_CMD_GET_STATUS, "", 0, &answer);
	if (!answer.err)
		status = twinpath__v1__module_status__unpack(NULL, answer.length, answer.message);
	if (!status)
		hostile_complain("no status: %s; %s", strerror(answer.err), answer.sentence);
	return status;
}

static int family(void)
{
	uint32_t group;
	uint16_t id;

	if (hostile_family(&id, &group))
		return 0;
	perror("family");
	return 1;
}

static int join(unsigned int seconds)
{
	struct mnl_socket *socket = generic_socket();
	uint32_t group;
	bool refused;
	uint16_t id;

	if (!hostile_family(&id, &group) || !group)
		return 2;
	if (!mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group))) {
		sleep(seconds);
		return 0;
	}
	refused = errno == EPERM;
	printf("join: %s\n", refused ? "not permitted" : "failed");
	return refused ? 1 : 2;
}

static int denied(void)
{
	struct hostile_answer answer;

	for (uint8_t cmd = TWP_CMD_GET_STATUS; cmd < TWP_CMD_EVENT; cmd++) {
		hostile_ask(cmd, "", 0, &answer);
		if (answer.err != EPERM)
			hostile_complain("command %u: %s", cmd, strerror(answer.err));
	}
	return complained;
}

static void ask_ok(const char *what, uint8_t cmd, const ProtobufCMessage *message)
{
	struct hostile_answer answer;
	uint8_t bytes[64];

	hostile_ask(cmd, bytes, protobuf_c_message_pack(message, bytes), &answer);
	if (answer.err)
		hostile_complain("%s: %s; %s", what, strerror(answer.err), answer.sentence);
}

/* Binds the program, with maps that hold nothing but @generation; 0: nothing at all. */
static int bind_object(const char *path, uint32_t generation)
{
	Twinpath__V1__BindProgramRequest request = TWINPATH__V1__BIND_PROGRAM_REQUEST__INIT;
	const struct twp_generation_key key = { TWP_GENERATION_HELD };
	const struct twp_generation_value value = { { generation } };
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_map *map;

	map = object ? bpf_object__find_map_by_name(object, "generation") : NULL;
	if (!map || bpf_map__set_max_entries(map, 4) || bpf_object__load(object) ||
	    (generation &&
	     bpf_map__update_elem(map, &key, sizeof(key), &value, sizeof(value), 0))) {
		perror(path);
		return 2;
	}
	request.program_fd = (uint32_t)bpf_program__fd(bpf_object__next_program(object, NULL));
	ask_ok("bind", TWP_CMD_BIND_PROGRAM, &request.base);
	bpf_object__close(object);
	return complained;
}

/* Enforces a policy of nothing, without a daemon. */
static int enforce(const char *path)
{
	Twinpath__V1__CommitGenerationRequest commit =
		TWINPATH__V1__COMMIT_GENERATION_REQUEST__INIT;
	Twinpath__V1__SetModeRequest mode = TWINPATH__V1__SET_MODE_REQUEST__INIT;

	commit.generation = 7;
	mode.mode = TWINPATH__V1__MODE__MODE_ENFORCE;
	if (hostile_table(commit.generation) || bind_object(path, commit.generation))
		return 1;
	ask_ok("commit", TWP_CMD_COMMIT_GENERATION, &commit.base);
	ask_ok("enforce", TWP_CMD_SET_MODE, &mode.base);
	return complained;
}

static unsigned int number(int argc, char **argv, int at, unsigned int otherwise)
{
	return argc > at ? (unsigned int)strtoul(argv[at], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(verb, "family"))
		return family();
	if (!strcmp(verb, "join"))
		return join(number(argc, argv, 2, 0));
	if (!strcmp(verb, "denied"))
		return denied();
	if (!strcmp(verb, "module"))
		return hostile_module(number(argc, argv, 2, 2000));
	if (!strcmp(verb, "flood"))
		return hostile_flood(number(argc, argv, 2, 100));
	if (!strcmp(verb, "bind") && argc == 3)
		return bind_object(argv[2], 0);
	if (!strcmp(verb, "enforce") && argc == 3)
		return enforce(argv[2]);
	if (!strcmp(verb, "anchor"))
		return hostile_anchor();
	if (!strcmp(verb, "owner"))
		return hostile_owner();
	if (!strcmp(verb, "anchor-alone"))
		return hostile_anchor_alone((int)number(argc, argv, 2, 0));
	if (!strcmp(verb, "swap"))
		return hostile_swap(number(argc, argv, 2, 20));
	if (!strcmp(verb, "abort"))
		return hostile_abort(number(argc, argv, 2, 50));
	if (!strcmp(verb, "socket") && argc == 3)
		return hostile_socket(argv[2]);
	if (!strcmp(verb, "crowd") && argc == 4)
		return hostile_crowd(argv[2], number(argc, argv, 3, 500));
	fputs(usage, stderr);
	return 2;
}
