// SPDX-License-Identifier: GPL-2.0-only
/* twinctl monitor: events as they come, a line each. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "print.h"

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* The signals come only inside of ppoll, so that none is missed before it. */
static void catch_signals(sigset_t *waiting)
{
	struct sigaction action = { .sa_handler = stop };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, waiting);
	sigdelset(waiting, SIGINT);
	sigdelset(waiting, SIGTERM);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* Events carry the time since boot, people the time of day. */
static const char *time_of_day(ctl_text text, uint64_t boot_ns)
{
	struct timespec real, boot;
	struct tm local;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	int64_t ns = (int64_t)(real.tv_sec - boot.tv_sec) * 1000000000 + real.tv_nsec -
		     boot.tv_nsec + (int64_t)boot_ns;
	time_t seconds = (time_t)(ns / 1000000000);

	localtime_r(&seconds, &local);
	size_t length = strftime(text, sizeof(ctl_text), "%F %T", &local);
	snprintf(text + length, sizeof(ctl_text) - length, ".%06lld",
		 (long long)(ns % 1000000000 / 1000));
	return text;
}

/* " from shop/web 10.0.0.1 (app=web)" */
static void print_end(const Twinpath__V1__NamedEvent *named, bool server)
{
	const Twinpath__V1__Tuple *tuple = named->event->tuple;
	const char *name = server ? named->server_name : named->client_name;
	char *labels CTL_CLEAN(ctl_free) = server ? ctl_labels(named->server, named->n_server) :
						    ctl_labels(named->client, named->n_client);
	ctl_text address;

	printf(" %s %s%s%s (%s)", server ? "to" : "from", name, *name ? " " : "",
	       ctl_address(address, server ? &tuple->server : &tuple->client,
			   server ? tuple->server_local : tuple->client_local),
	       labels);
}

static void print_verdict(const Twinpath__V1__NamedEvent *named)
{
	const Twinpath__V1__Event *event = named->event;
	const Twinpath__V1__Tuple *tuple = event->tuple;
	ctl_text verdict, reason, port;

	printf(" %s (%s)",
	       ctl_word(verdict, &twinpath__v1__verdict__descriptor, (int)event->verdict),
	       *named->reason ?
		       named->reason :
		       ctl_word(reason, &twinpath__v1__reason__descriptor, (int)event->reason));
	if (tuple) {
		print_end(named, false);
		print_end(named, true);
		printf(" %s", ctl_port(port, tuple->protocol, tuple->port));
	}
	char *egress CTL_CLEAN(ctl_free) = ctl_decision(event->egress, named->egress_rule);
	char *ingress CTL_CLEAN(ctl_free) = ctl_decision(event->ingress, named->ingress_rule);
	if (event->egress)
		printf("; egress %s", egress);
	if (event->ingress)
		printf("; ingress %s", ingress);
}

static void print_event(const struct ctl_call *call, const Twinpath__V1__NamedEvent *named)
{
	const Twinpath__V1__Event *event = named->event;
	ctl_text text, backend;

	if (call->json) {
		ctl_json_print(ctl_json(&named->base), true);
		return;
	}
	if (!event)
		return;
	printf("%s", time_of_day(text, event->time_ns));
	ctl_word(backend, &twinpath__v1__backend__descriptor, (int)event->backend);
	switch (event->kind) {
	case TWINPATH__V1__EVENT_KIND__EVENT_KIND_VERDICT:
		print_verdict(named);
		printf(" [%s, generation %u]", backend, event->generation);
		break;
	case TWINPATH__V1__EVENT_KIND__EVENT_KIND_ANCHOR_LOST:
		printf(" anchor_lost: the nftables tables are gone");
		break;
	case TWINPATH__V1__EVENT_KIND__EVENT_KIND_FALLBACK:
		printf(" fallback: backend %s judges, generation %u", backend, event->generation);
		break;
	case TWINPATH__V1__EVENT_KIND__EVENT_KIND_FAILURE:
		printf(" failure: no backend can judge, the failure policy holds");
		break;
	default:
		printf(" event %d", (int)event->kind);
	}
	if (event->lost)
		printf(" (%llu events before it were not sent)", (unsigned long long)event->lost);
	putchar('\n');
}

static int watch(const struct ctl_call *call, int fd, uint32_t count)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	sigset_t waiting;

	catch_signals(&waiting);
	for (uint32_t seen = 0; !count || seen < count; seen++) {
		while (ppoll(&readable, 1, NULL, &waiting) < 0) {
			if (stopped)
				return CTL_DONE;
			if (errno != EINTR)
				return ctl_fail("wait for events: %s", strerror(errno));
		}
		Twinpath__V1__Response *response CTL_CLEAN(ctl_response_free) =
			ctl_receive(fd, TWINPATH__V1__RESPONSE__RESULT_EVENT);
		if (!response)
			return CTL_FAILED;
		print_event(call, response->event);
		if (fflush(stdout))
			return ctl_fail("standard output: %s", strerror(errno));
	}
	return CTL_DONE;
}

int ctl_monitor(const struct ctl_call *call)
{
	Twinpath__V1__MonitorRequest monitor = TWINPATH__V1__MONITOR_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	uint32_t count;

	if (ctl_option_number(call, "count", 1, UINT32_MAX, 0, &count))
		return CTL_USAGE;
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_MONITOR;
	request.monitor = &monitor;
	int fd = ctl_open(call, &request);
	if (fd < 0)
		return CTL_FAILED;
	int result = watch(call, fd, count);
	close(fd);
	return result;
}
