// SPDX-License-Identifier: GPL-2.0-only
/* Events of the module: a lost anchor is mended at once, verdicts get names and go to monitors. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "answers.h"
#include "events.h"
#include "log.h"
#include "server.h"

static const char *const reasons[] = {
	[TWINPATH__V1__REASON__REASON_ALLOWED] = "allowed",
	[TWINPATH__V1__REASON__REASON_RULE] = "denied by rule",
	[TWINPATH__V1__REASON__REASON_DEFAULT_DENY] = "no rule allows it",
	[TWINPATH__V1__REASON__REASON_REPLY] = "reply of an allowed flow",
	[TWINPATH__V1__REASON__REASON_RELATED] = "ICMP error for an allowed flow",
	[TWINPATH__V1__REASON__REASON_NEIGHBOUR] = "ARP or neighbour discovery",
	[TWINPATH__V1__REASON__REASON_LOOPBACK] = "loopback",
	[TWINPATH__V1__REASON__REASON_JUDGED] = "judged on the bridge",
	[TWINPATH__V1__REASON__REASON_INVALID] = "conntrack cannot place it",
	[TWINPATH__V1__REASON__REASON_ETHERTYPE] = "neither IP nor ARP",
	[TWINPATH__V1__REASON__REASON_FORGED] = "spoofed source address",
	[TWINPATH__V1__REASON__REASON_FAILURE] = "no backend could judge",
};

static char *reason_words(const Twinpath__V1__Event *event)
{
	const size_t known = sizeof(reasons) / sizeof(reasons[0]);
	const char *words = (size_t)event->reason < known ? reasons[event->reason] : NULL;

	return strdup(words ? words : "");
}

/* The endpoint of an end, "shop/web"; "" if it is none. NULL if out of memory. */
static char *end_name(struct twp_state *state, const ProtobufCBinaryData *bytes)
{
	const struct twp_endpoint *endpoint = NULL;
	struct twp_address address;

	if (!twp_address_set(&address, bytes->data, bytes->len))
		endpoint = twp_addresses_find(state, &address);
	return strdup(endpoint ? endpoint->name : "");
}

static int event_fill(struct twp_state *state, const Twinpath__V1__Event *event,
		      Twinpath__V1__NamedEvent *named)
{
	const ProtobufCBinaryData none = { 0 };
	const Twinpath__V1__Tuple *tuple = event->tuple;

	named->egress_rule = twp_answer_rule(state, event->egress ? event->egress->rule : 0);
	named->ingress_rule = twp_answer_rule(state, event->ingress ? event->ingress->rule : 0);
	named->client_name = end_name(state, tuple ? &tuple->client : &none);
	named->server_name = end_name(state, tuple ? &tuple->server : &none);
	named->reason = reason_words(event);
	if (!named->egress_rule || !named->ingress_rule || !named->client_name ||
	    !named->server_name || !named->reason)
		return -1;
	return twp_answer_labels(state, event->client, &named->client, &named->n_client) ||
	       twp_answer_labels(state, event->server, &named->server, &named->n_server);
}

static void event_name(struct twp_daemon *daemon, const Twinpath__V1__Event *event)
{
	Twinpath__V1__NamedEvent *named;
	Twinpath__V1__Event copy = *event;

	if (!daemon->server || !twp_server_has_monitors(daemon->server))
		return;
	named = malloc(sizeof(*named));
	if (!named)
		return;
	twinpath__v1__named_event__init(named);
	if (!event_fill(&daemon->state, event, named)) {
		named->event = &copy;
		twp_server_tell(daemon->server, named);
		/* It is the caller's. */
		named->event = NULL;
	}
	twinpath__v1__named_event__free_unpacked(named, NULL);
}

static void on_event(const Twinpath__V1__Event *event, void *context)
{
	struct twp_daemon *daemon = context;
	const char *text = NULL;

	switch (event->kind) {
	case TWINPATH__V1__EVENT_KIND__EVENT_KIND_ANCHOR_LOST:
		text = "the nftables tables are gone";
		break;
	case TWINPATH__V1__EVENT_KIND__EVENT_KIND_FALLBACK:
		text = "the active backend cannot judge, the other one does";
		break;
	case TWINPATH__V1__EVENT_KIND__EVENT_KIND_FAILURE:
		text = "neither backend can judge, the failure policy holds";
		break;
	default:
		break;
	}
	if (text) {
		twp_log(LOG_WARNING, "%s", text);
		/* What has failed to be mended is tried again by the timer, not by each event. */
		if (daemon->started)
			twp_daemon_mend_soon(daemon, false);
	}
	event_name(daemon, event);
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct twp_daemon *daemon = context;
	struct twp_error why;
	int got;

	(void)source;
	(void)fd;
	(void)events;
	got = twp_module_read_events(daemon->program.module, on_event, daemon, &why);
	if (got < 0) {
		twp_log(LOG_ERR, "%s", why.text);
		twp_daemon_mend_soon(daemon, true);
	} else if (got > 0) {
		/* The one that was lost may have been the one that matters. */
		twp_daemon_mend_soon(daemon, false);
	}
	return 0;
}

int twp_events_start(struct twp_daemon *daemon, struct twp_error *error)
{
	int fd = twp_module_listen(daemon->program.module, error);
	int failed;

	if (fd < 0)
		return -1;
	failed = sd_event_add_io(daemon->event, &daemon->events, fd, EPOLLIN, on_readable, daemon);
	if (failed < 0)
		return twp_error_set(error, "event loop: %s", strerror(-failed));
	return 0;
}
