// SPDX-License-Identifier: GPL-2.0-only
/* Sentences for netlink refusals. Process context. */
#include <linux/kernel.h>

#include "compat.h"

#define TWP_SENTENCE_MAX 160
#define TWP_SENTENCES 64

static char twp_sentence[TWP_SENTENCES][TWP_SENTENCE_MAX];
static atomic_t twp_sentence_next;

void twp_compat_extack(struct netlink_ext_ack *extack, const char *format, ...)
{
	unsigned int turn = atomic_inc_return(&twp_sentence_next);
	char *sentence = twp_sentence[turn % TWP_SENTENCES];
	va_list args;

	if (!extack)
		return;
	va_start(args, format);
	vsnprintf(sentence, TWP_SENTENCE_MAX, format, args);
	va_end(args);
	extack->_msg = sentence;
}
