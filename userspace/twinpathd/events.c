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

static void event_name(struct twp_daemon *daemon, const Twinpath__V1__Event *event)
{
	const struct twp_state *state = &daemon->state;
	Twinpath__V1__NamedEvent *named;
	Twinpath__V1__Event copy = *event;

	if (!daemon->server || !twp_server_has_monitors(daemon->server))
		return;
	named = malloc(sizeof(*named));
	if (!named)
		return;
	twinpath__v1__named_event__init(named);
	named->egress_rule = twp_answer_rule(state, event->egress ? event->egress->rule : 0);
	named->ingress_rule = twp_answer_rule(state, event->ingress ? event->ingress->rule : 0);
	if (named->egress_rule && named->ingress_rule &&
	    !twp_answer_labels(state, event->client, &named->client, &named->n_client) &&
	    !twp_answer_labels(state, event->server, &named->server, &named->n_server)) {
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
