/* SPDX-License-Identifier: GPL-2.0-only */
/* An image of few rows, written by hand, and the program over it. */
#ifndef TWP_TESTS_JUDGE_IMAGE_H
#define TWP_TESTS_JUDGE_IMAGE_H

#include "policy/image.h"

extern struct twp_image image; /* what a test builds, and judges by */
extern const struct twp_rules_in_use nothing;

/* Around each test: an image of generation 7, and its end. */
int start(void **state);
int stop(void **state);
int load(void);
void host4(const char *address, uint32_t identity, struct twp_rules_in_use ingress,
	   struct twp_rules_in_use egress);
void host6(const char *address, uint32_t identity);
void prefix(const char *address, uint32_t length, uint32_t identity);
void lengths(uint32_t what, const uint32_t *length, size_t count);
void rule(uint32_t subject, enum twp_direction direction, uint32_t peer, uint32_t shape,
	  uint16_t port, uint32_t decision);
struct twp_tuple flow(const char *client, const char *server, uint16_t port, uint32_t flags);

#endif
