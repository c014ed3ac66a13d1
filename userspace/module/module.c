// SPDX-License-Identifier: GPL-2.0-only
/*
 * The client of the module: one function for each command, and the events.
 * Commands and events have a socket each, so that a flood of events cannot
 * crowd out an answer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "genl.h"
#include "module.h"

struct twp_module {
	struct mnl_socket *commands;
	struct mnl_socket *events; /* NULL until twp_module_listen() */
	struct twp_genl_family family;
	uint32_t sequence;
	uint8_t buffer[TWP_GENL_BUFFER] __attribute__((aligned(8)));
	uint8_t message[TWP_MESSAGE_MAX];
};

struct twp_module *twp_module_open(struct twp_error *error)
{
	struct twp_module *module = calloc(1, sizeof(*module));
	int saved;

	if (!module) {
		twp_error_set(error, "no memory");
		return NULL;
	}
	module->sequence = 1;
	module->commands = twp_genl_socket(error);
	if (module->commands &&
	    !twp_genl_resolve(module->commands, module->sequence, &module->family, error))
		return module;
	saved = errno;
	twp_module_close(module);
	errno = saved;
	return NULL;
}

void twp_module_close(struct twp_module *module)
{
	if (!module)
		return;
	if (module->commands)
		mnl_socket_close(module->commands);
	if (module->events)
		mnl_socket_close(module->events);
	free(module);
}

/* Sends @request, and unpacks the answer as @answer says. */
static void *ask(struct twp_module *module, uint8_t cmd, const ProtobufCMessage *request,
		 const ProtobufCMessageDescriptor *descriptor, struct twp_error *error)
{
	size_t length = protobuf_c_message_get_packed_size(request);
	struct twp_genl_answer answer;
	ProtobufCMessage *unpacked;

	if (length > sizeof(module->message)) {
		errno = EMSGSIZE;
		twp_error_set(error, "a request of %zu bytes is longer than the module takes (%u)",
			      length, TWP_MESSAGE_MAX);
		return NULL;
	}
	protobuf_c_message_pack(request, module->message);
	if (twp_genl_ask(module->commands, &module->family, cmd, ++module->sequence,
			 module->message, length, module->buffer, &answer, error))
		return NULL;
	unpacked = answer.bytes ? protobuf_c_message_unpack(descriptor, NULL, answer.length,
							    answer.bytes) :
				  NULL;
	if (!unpacked) {
		errno = EPROTO;
		twp_error_set(error, "the module's answer is no %s", descriptor->short_name);
	}
	return unpacked;
}

Twinpath__V1__ModuleStatus *twp_module_status(struct twp_module *module, struct twp_error *error)
{
	Twinpath__V1__GetStatusRequest request = TWINPATH__V1__GET_STATUS_REQUEST__INIT;

	return ask(module, TWP_CMD_GET_STATUS, &request.base,
		   &twinpath__v1__module_status__descriptor, error);
}

Twinpath__V1__ModuleStatus *twp_module_set_backend(struct twp_module *module,
						   Twinpath__V1__Backend backend,
						   struct twp_error *error)
{
	Twinpath__V1__SetBackendRequest request = TWINPATH__V1__SET_BACKEND_REQUEST__INIT;

	request.backend = backend;
	return ask(module, TWP_CMD_SET_BACKEND, &request.base,
		   &twinpath__v1__module_status__descriptor, error);
}

Twinpath__V1__ModuleStatus *twp_module_set_mode(struct twp_module *module,
						const Twinpath__V1__SetModeRequest *request,
						struct twp_error *error)
{
	return ask(module, TWP_CMD_SET_MODE, &request->base,
		   &twinpath__v1__module_status__descriptor, error);
}

Twinpath__V1__ModuleStatus *twp_module_bind_program(struct twp_module *module, int fd,
						    struct twp_error *error)
{
	Twinpath__V1__BindProgramRequest request = TWINPATH__V1__BIND_PROGRAM_REQUEST__INIT;

	request.program_fd = (uint32_t)fd;
	return ask(module, TWP_CMD_BIND_PROGRAM, &request.base,
		   &twinpath__v1__module_status__descriptor, error);
}

Twinpath__V1__ModuleStatus *twp_module_commit(struct twp_module *module,
					      const Twinpath__V1__CommitGenerationRequest *request,
					      struct twp_error *error)
{
	return ask(module, TWP_CMD_COMMIT_GENERATION, &request->base,
		   &twinpath__v1__module_status__descriptor, error);
}

Twinpath__V1__ModuleStatus *
twp_module_set_bridge_port(struct twp_module *module,
			   const Twinpath__V1__SetBridgePortRequest *request,
			   struct twp_error *error)
{
	return ask(module, TWP_CMD_SET_BRIDGE_PORT, &request->base,
		   &twinpath__v1__module_status__descriptor, error);
}

/* Moves the elements of @from behind those of @to; @from then has none. */
static int move(void ***to, size_t *to_count, void ***from, size_t *from_count)
{
	void **grown;

	if (!*from_count)
		return 0;
	grown = realloc(*to, (*to_count + *from_count) * sizeof(*grown));
	if (!grown)
		return -1;
	memcpy(grown + *to_count, *from, *from_count * sizeof(*grown));
	*to = grown;
	*to_count += *from_count;
	*from_count = 0;
	return 0;
}

Twinpath__V1__Counters *twp_module_counters(struct twp_module *module, struct twp_error *error)
{
	Twinpath__V1__GetCountersRequest request = TWINPATH__V1__GET_COUNTERS_REQUEST__INIT;
	Twinpath__V1__Counters *all = NULL, *page;
	uint32_t next;

	for (;;) {
		page = ask(module, TWP_CMD_GET_COUNTERS, &request.base,
			   &twinpath__v1__counters__descriptor, error);
		if (!page)
			break;
		next = page->next_rule;
		page->next_rule = 0;
		if (!all) {
			all = page;
		} else {
			int failed = move((void ***)&all->rule, &all->n_rule, (void ***)&page->rule,
					  &page->n_rule);

			twinpath__v1__counters__free_unpacked(page, NULL);
			if (failed) {
				twp_error_set(error, "no memory");
				break;
			}
		}
		if (!next)
			return all;
		if (next <= request.first_rule) {
			errno = EPROTO;
			twp_error_set(error, "the module's pages of counters do not end");
			break;
		}
		request.first_rule = next;
	}
	twinpath__v1__counters__free_unpacked(all, NULL);
	return NULL;
}

Twinpath__V1__Judgement *twp_module_classify(struct twp_module *module,
					     const Twinpath__V1__ClassifyRequest *request,
					     struct twp_error *error)
{
	return ask(module, TWP_CMD_CLASSIFY, &request->base, &twinpath__v1__judgement__descriptor,
		   error);
}

Twinpath__V1__BenchResult *twp_module_bench(struct twp_module *module,
					    const Twinpath__V1__BenchRequest *request,
					    struct twp_error *error)
{
	return ask(module, TWP_CMD_BENCH, &request->base, &twinpath__v1__bench_result__descriptor,
		   error);
}

int twp_module_listen(struct twp_module *module, struct twp_error *error)
{
	int number = (int)module->family.events;

	if (!module->events) {
		if (!number)
			return twp_error_set(error,
					     "the module has no group " TWP_GENL_GROUP_EVENTS);
		module->events = twp_genl_socket(error);
		if (!module->events)
			return -1;
		if (mnl_socket_setsockopt(module->events, NETLINK_ADD_MEMBERSHIP, &number,
					  sizeof(number)) < 0) {
			twp_error_set(error, "group " TWP_GENL_GROUP_EVENTS ": %s",
				      strerror(errno));
			mnl_socket_close(module->events);
			module->events = NULL;
			return -1;
		}
	}
	return mnl_socket_get_fd(module->events);
}

static void event_read(struct twp_module *module, const struct nlmsghdr *header,
		       twp_module_event *call, void *context)
{
	const struct nlattr *attribute;
	Twinpath__V1__Event *event;

	if (header->nlmsg_type != module->family.id)
		return;
	attribute = twp_genl_message(header);
	if (!attribute)
		return;
	event = twinpath__v1__event__unpack(NULL, mnl_attr_get_payload_len(attribute),
					    mnl_attr_get_payload(attribute));
	if (!event)
		return;
	call(event, context);
	twinpath__v1__event__free_unpacked(event, NULL);
}

int twp_module_read_events(struct twp_module *module, twp_module_event *call, void *context,
			   struct twp_error *error)
{
	/* Not the commands' buffer: the callee may ask something. */
	uint8_t buffer[4096] __attribute__((aligned(8)));
	const struct nlmsghdr *header;
	struct sockaddr_nl from;
	socklen_t length;
	unsigned int datagrams;
	int lost = 0, left, fd;
	ssize_t got;

	if (!module->events)
		return twp_error_set(error, "nobody listens for events");
	fd = mnl_socket_get_fd(module->events);
	/* Bounded, so that a flood leaves the caller time for other things. */
	for (datagrams = 0; datagrams < 256; datagrams++) {
		length = sizeof(from);
		got = recvfrom(fd, buffer, sizeof(buffer), MSG_DONTWAIT, (struct sockaddr *)&from,
			       &length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ENOBUFS) {
			lost = 1;
			continue;
		}
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (got < 0) {
			int saved = errno;

			twp_error_set(error, "receive events: %s", strerror(saved));
			errno = saved;
			return -1;
		}
		if (from.nl_pid)
			continue;
		left = (int)got;
		for (header = (const struct nlmsghdr *)buffer; mnl_nlmsg_ok(header, left);
		     header = mnl_nlmsg_next(header, &left))
			event_read(module, header, call, context);
	}
	return lost;
}
