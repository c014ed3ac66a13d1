// SPDX-License-Identifier: GPL-2.0-only
/* twinctl endpoint audit: whose denials are reported only. */
#include <stdlib.h>
#include <string.h>

#include "policy/selector_text.h"
#include "print.h"

static void selector_clean(struct twp_selector *selector)
{
	twp_selector_clean(selector);
}

/* The selector as the daemon keeps it, with the namespace in it. The caller frees it. */
static int selector_make(const struct ctl_call *call, const char *text, char **made)
{
	struct twp_selector selector CTL_CLEAN(selector_clean) = { 0 };
	const char *space = ctl_option(call, "namespace");
	char *whole CTL_CLEAN(ctl_free) =
		space ? ctl_format("%s,%s=%s", text, TWP_LABEL_NAMESPACE, space) :
			ctl_format("%s", text);
	struct twp_error error;

	/* On its own first: what is wrong is said of what was given. */
	if (twp_selector_parse(&selector, text, &error))
		return ctl_usage(call, "option '--selector': %s", error.text);
	if (space && (!*space || strpbrk(space, " \t,()=!<>/")))
		return ctl_usage(call, "option '--namespace': '%s' is no name of a namespace",
				 space);
	twp_selector_clean(&selector);
	if (twp_selector_parse(&selector, whole, &error))
		return ctl_usage(call, "option '--selector': %s", error.text);
	*made = twp_selector_text(&selector);
	return *made ? CTL_DONE : ctl_fail("out of memory");
}

int ctl_endpoint_audit(const struct ctl_call *call)
{
	Twinpath__V1__SetAuditRequest set = TWINPATH__V1__SET_AUDIT_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	const char *word = call->word[call->words - 1], *text = ctl_option(call, "selector");
	char *selector CTL_CLEAN(ctl_free) = NULL;
	int result;

	if (strcmp(word, "on") && strcmp(word, "off"))
		return ctl_usage(call, "the last word must be on or off, not '%s'", word);
	set.enabled = !strcmp(word, "on");
	set.name = (char **)call->word;
	set.n_name = call->words - 1;
	if (text && set.n_name)
		return ctl_usage(call, "NAME '%s' and option '--selector' exclude each other",
				 set.name[0]);
	if (!text && !set.n_name)
		return ctl_usage(call, "endpoint audit wants NAME or '--selector'");
	if (!text && ctl_option(call, "namespace"))
		return ctl_usage(call, "option '--namespace' goes with '--selector'");
	if (text) {
		result = selector_make(call, text, &selector);
		if (result)
			return result;
		set.selector = selector;
	}
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_SET_AUDIT;
	request.set_audit = &set;
	return ctl_apply(call, &request);
}
