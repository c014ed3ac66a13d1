/* SPDX-License-Identifier: GPL-2.0-only */
/* ask: its questions, and what their sockets do (ask_socket.c). */
#ifndef TWP_TESTS_ASK_H
#define TWP_TESTS_ASK_H

#include <stdbool.h>
#include <stdint.h>

enum { QUESTIONS_MAX = 256, CONNECTIONS_MAX = 512 };

enum ask_kind { ASK_TCP, ASK_UDP, ASK_SCTP, ASK_ICMP, ASK_ICMPV6 };

struct question {
	char from[32], to[32]; /* namespaces */
	char client[64], server[64], dial[64]; /* addresses */
	enum ask_kind kind;
	uint16_t port; /* ICMP: the type */
	bool pass;
	uint64_t token; /* what is sent, there and back */
	int fd; /* the client's; -1: none (any more) */
	int at; /* its server's number */
	bool said, arrived, answered;
	int error; /* of the client's socket */
};

struct server {
	char namespace[32], address[64];
	enum ask_kind kind;
	uint16_t port;
	int fd;
};

struct ask {
	uint64_t run; /* the first token */
	struct question question[QUESTIONS_MAX];
	int questions;
	struct server server[QUESTIONS_MAX];
	int servers;
	int connection[CONNECTIONS_MAX]; /* accepted; -1: ended */
	int connections;
};

/* Return: 0, or -1 if there is no such word. */
int ask_kind_read(const char *word, enum ask_kind *kind);
const char *ask_kind_word(enum ask_kind kind);
bool ask_kind_is_icmp(enum ask_kind kind);

/* In the namespace of the server, of the client. */
int ask_listen(const struct question *question);
void ask_call(struct question *question);

/* What poll() is to look for. */
short ask_wants(const struct question *question);
void ask_client_ready(struct question *question);
void ask_server_ready(struct ask *ask, const struct server *server);
void ask_connection_ready(struct ask *ask, int connection);

#endif
