// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sockets of ask. A client sends its token and wants it back; all sockets are
 * non-blocking, and those of ICMP are raw: they see what comes to any.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"

/* What ICMP carries behind type, code and checksum. */
struct echo {
	uint8_t type, code;
	uint16_t checksum, id, sequence;
	uint8_t token[8];
};

static const struct {
	const char *word;
	int type, protocol;
} kinds[] = {
	[ASK_TCP] = { "tcp", SOCK_STREAM, IPPROTO_TCP },
	[ASK_UDP] = { "udp", SOCK_DGRAM, IPPROTO_UDP },
	[ASK_SCTP] = { "sctp", SOCK_STREAM, IPPROTO_SCTP },
	[ASK_ICMP] = { "icmp", SOCK_RAW, IPPROTO_ICMP },
	[ASK_ICMPV6] = { "icmpv6", SOCK_RAW, IPPROTO_ICMPV6 },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

int ask_kind_read(const char *word, enum ask_kind *kind)
{
	for (int i = 0; i < KINDS; i++) {
		if (strcmp(word, kinds[i].word))
			continue;
		*kind = (enum ask_kind)i;
		return 0;
	}
	return -1;
}

const char *ask_kind_word(enum ask_kind kind)
{
	return kinds[kind].word;
}

bool ask_kind_is_icmp(enum ask_kind kind)
{
	return kind == ASK_ICMP || kind == ASK_ICMPV6;
}

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

static socklen_t address_read(union address *address, const char *text, uint16_t port)
{
	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &address->four.sin_addr) == 1) {
		address->four.sin_family = AF_INET;
		address->four.sin_port = htons(port);
		return sizeof(address->four);
	}
	if (inet_pton(AF_INET6, text, &address->six.sin6_addr) != 1)
		errx(2, "%s is no address", text);
	address->six.sin6_family = AF_INET6;
	address->six.sin6_port = htons(port);
	return sizeof(address->six);
}

/* Bound to @text and @port. */
static int socket_open(enum ask_kind kind, const char *text, uint16_t port)
{
	union address address;
	socklen_t length = address_read(&address, text, port);
	int type = kinds[kind].type | SOCK_NONBLOCK | SOCK_CLOEXEC, on = 1;
	int fd = socket(address.any.sa_family, type, kinds[kind].protocol);

	if (fd < 0)
		err(2, "a socket of %s", kinds[kind].word);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &address.any, length))
		err(2, "bind to %s, %s %u", text, kinds[kind].word, port);
	return fd;
}

int ask_listen(const struct question *question)
{
	bool icmp = ask_kind_is_icmp(question->kind);
	int fd = socket_open(question->kind, question->server, icmp ? 0 : question->port);

	if (kinds[question->kind].type == SOCK_STREAM && listen(fd, QUESTIONS_MAX))
		err(2, "listen on %s port %u", question->server, question->port);
	return fd;
}

/* RFC 1071; the kernel does it for ICMPv6. */
static uint16_t checksum(const struct echo *echo)
{
	uint16_t word[sizeof(*echo) / 2];
	uint32_t sum = 0;

	memcpy(word, echo, sizeof(word));
	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static void client_end(struct question *question, int error)
{
	question->error = error;
	close(question->fd);
	question->fd = -1;
}

static void token_send(struct question *question)
{
	struct echo echo = { .type = (uint8_t)question->port,
			     .id = (uint16_t)question->token,
			     .sequence = 1 };
	bool icmp = ask_kind_is_icmp(question->kind);
	ssize_t sent;

	memcpy(echo.token, &question->token, sizeof(echo.token));
	if (question->kind == ASK_ICMP)
		echo.checksum = checksum(&echo);
	sent = icmp ? send(question->fd, &echo, sizeof(echo), 0) :
		      send(question->fd, &question->token, sizeof(question->token), MSG_NOSIGNAL);
	question->said = true;
	if (sent < 0)
		client_end(question, errno);
}

void ask_call(struct question *question)
{
	bool icmp = ask_kind_is_icmp(question->kind);
	union address to;
	socklen_t length = address_read(&to, question->dial, icmp ? 0 : question->port);

	question->fd = socket_open(question->kind, question->client, 0);
	if (connect(question->fd, &to.any, length) && errno != EINPROGRESS)
		client_end(question, errno);
	else if (kinds[question->kind].type != SOCK_STREAM)
		token_send(question);
}

short ask_wants(const struct question *question)
{
	return question->said ? POLLIN : POLLOUT;
}

/* The token in what was received, 0 if there is none; *@type of ICMP. */
static uint64_t token_of(enum ask_kind kind, const uint8_t *bytes, size_t length, uint8_t *type)
{
	/* Raw sockets of IPv4 show the header. */
	size_t header = kind == ASK_ICMP ? (bytes[0] & 0xf) * 4UL : 0;
	size_t before = header + (ask_kind_is_icmp(kind) ? sizeof(struct echo) - 8 : 0);
	uint64_t token;

	if (length != before + sizeof(token))
		return 0;
	*type = bytes[header];
	memcpy(&token, bytes + before, sizeof(token));
	return token;
}

/* Other types have no answer to wait for, and an echo's is the type before or behind it. */
static bool is_echo(const struct question *question)
{
	return (question->kind == ASK_ICMP && question->port == 8) ||
	       (question->kind == ASK_ICMPV6 && question->port == ICMP6_ECHO_REQUEST);
}

void ask_client_ready(struct question *question)
{
	uint8_t bytes[256], type = 0;
	int cause = 0;
	socklen_t size = sizeof(cause);
	ssize_t length;

	if (!question->said) {
		getsockopt(question->fd, SOL_SOCKET, SO_ERROR, &cause, &size);
		if (cause)
			client_end(question, cause);
		else
			token_send(question);
		return;
	}
	length = recv(question->fd, bytes, sizeof(bytes), 0);
	if (length <= 0) {
		if (!length || errno != EAGAIN)
			client_end(question, length ? errno : ECONNRESET);
		return;
	}
	if (token_of(question->kind, bytes, (size_t)length, &type) != question->token)
		return;
	/* A client that asks its own address hears itself. */
	if (is_echo(question) && type == question->port)
		return;
	question->answered = true;
}

static struct question *question_of(struct ask *ask, uint64_t token)
{
	uint64_t number = token - ask->run;

	return number < (uint64_t)ask->questions ? &ask->question[number] : NULL;
}

void ask_server_ready(struct ask *ask, const struct server *server)
{
	union address from;
	socklen_t size = sizeof(from);
	struct question *question;
	uint8_t bytes[256], type = 0;
	ssize_t length;

	if (kinds[server->kind].type == SOCK_STREAM) {
		if (ask->connections == CONNECTIONS_MAX)
			errx(2, "more than %d connections", CONNECTIONS_MAX);
		int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			ask->connection[ask->connections++] = fd;
		return;
	}
	length = recvfrom(server->fd, bytes, sizeof(bytes), 0, &from.any, &size);
	if (length <= 0)
		return;
	question = question_of(ask, token_of(server->kind, bytes, (size_t)length, &type));
	if (!question || server != &ask->server[question->at])
		return;
	/* Its reply, where the server is a client too. */
	if (ask_kind_is_icmp(server->kind) && type != question->port)
		return;
	question->arrived = true;
	if (server->kind == ASK_UDP)
		sendto(server->fd, bytes, (size_t)length, 0, &from.any, size);
	else if (!is_echo(question))
		question->answered = true;
}

void ask_connection_ready(struct ask *ask, int connection)
{
	int fd = ask->connection[connection];
	struct question *question;
	uint64_t token;
	ssize_t length = recv(fd, &token, sizeof(token), 0);

	if (length < 0 && errno == EAGAIN)
		return;
	question = length == sizeof(token) ? question_of(ask, token) : NULL;
	if (question) {
		question->arrived = true;
		send(fd, &token, sizeof(token), MSG_NOSIGNAL);
		return;
	}
	close(fd);
	ask->connection[connection] = -1;
}
