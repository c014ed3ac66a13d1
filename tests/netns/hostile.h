/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the hostile peer: each a verb of its command line, each returns an exit status. */
#ifndef TWP_TESTS_HOSTILE_H
#define TWP_TESTS_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twinpath.h"
#include "twinpath.pb-c.h"

/* Says what is wrong, and is counted: the exit status is 1 then. */
void hostile_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool hostile_complained(void);

/* A number that follows from the seed alone. */
uint32_t hostile_random(void);

struct nlmsghdr;

struct hostile_answer {
	int err; /* 0, or an errno */
	char sentence[256]; /* of a refusal; "" is none */
	uint8_t message[TWP_MESSAGE_MAX];
	size_t length; /* of the answer */
};

/* Return: false if there is no family: then errno says why. */
bool hostile_family(uint16_t *id, uint32_t *group);
/* A request of @cmd without attributes, in @room. */
struct nlmsghdr *hostile_request(void *room, uint8_t cmd);
/* Sends it and reads to the acknowledgement. */
void hostile_exchange(struct nlmsghdr *header, struct hostile_answer *answer);
/* Sends @length bytes as the message of @cmd. */
void hostile_ask(uint8_t cmd, const void *message, size_t length, struct hostile_answer *answer);
/* The status, with the generations; NULL after a complaint. */
Twinpath__V1__ModuleStatus *hostile_status(void);

/* hostile_module.c */
int hostile_module(unsigned int rounds);
int hostile_flood(unsigned int processes);
/* hostile_nft.c: the anchor expression, in a namespace whose table inet twinpath is nobody's. */
int hostile_anchor(void);
int hostile_owner(void);
/* Makes the table and its anchor, with a generation and nothing else. */
int hostile_table(uint32_t generation);
/* On the daemon's table: valid transactions that put another anchor there, or that abort after it. */
int hostile_swap(unsigned int times);
int hostile_abort(unsigned int times);
/* An anchor alone, with the errno that is expected. */
int hostile_anchor_alone(int want);
/* hostile_socket.c */
int hostile_socket(const char *path);
int hostile_crowd(const char *path, unsigned int connections);

#endif
