// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sentences for netlink refusals. Process context.
 *
 * Where a refusal has no room for its sentence, it keeps a pointer until it is
 * sent, after the command has returned. The place it points to is the task's
 * until that must have happened: a sentence that changes while it is sent is
 * somebody else's, and if it grows the kernel warns. A task sends one refusal
 * before it asks again, so its own place is free to it at once.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "compat.h"

#ifdef TWP_HAVE_EXTACK_BUFFER

void twp_compat_extack(struct netlink_ext_ack *extack, const char *format, ...)
{
	va_list args;

	if (!extack)
		return;
	va_start(args, format);
	vsnprintf(extack->_msg_buf, sizeof(extack->_msg_buf), format, args);
	va_end(args);
	extack->_msg = extack->_msg_buf;
}

#else

#define TWP_SENTENCE_MAX 120
#define TWP_SENTENCES 128
#define TWP_SENTENCE_FREE (10 * HZ) /* far longer than a refusal takes to be sent */

struct twp_sentence {
	const struct task_struct *task; /* compared only */
	unsigned long since;
	char text[TWP_SENTENCE_MAX];
};

static struct twp_sentence twp_sentences[TWP_SENTENCES];
static DEFINE_SPINLOCK(twp_sentences_lock);

static struct twp_sentence *twp_sentence_take(void)
{
	struct twp_sentence *sentence, *take = NULL;

	spin_lock(&twp_sentences_lock);
	for (sentence = twp_sentences; sentence < twp_sentences + TWP_SENTENCES; sentence++) {
		if (sentence->task == current) {
			take = sentence;
			break;
		}
		if (!take &&
		    (!sentence->task || time_after(jiffies, sentence->since + TWP_SENTENCE_FREE)))
			take = sentence;
	}
	if (take) {
		take->task = current;
		take->since = jiffies;
	}
	spin_unlock(&twp_sentences_lock);
	return take;
}

void twp_compat_extack(struct netlink_ext_ack *extack, const char *format, ...)
{
	struct twp_sentence *sentence;
	va_list args;

	if (!extack)
		return;
	sentence = twp_sentence_take();
	if (!sentence) {
		extack->_msg = "refused; too many are refused at a time to say why";
		return;
	}
	va_start(args, format);
	vsnprintf(sentence->text, TWP_SENTENCE_MAX, format, args);
	va_end(args);
	extack->_msg = sentence->text;
}

#endif
