// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events. A packet writes to a ring of its CPU, with softirqs off; a worker
 * reads them all and sends to the multicast group, in process context. So no
 * packet waits for a listener, and no wake-up is made in the packet path.
 */
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "control.h"
#include "events.h"
#include "net.h"
#include "plan.h"

struct twp_event *twp_events_next(struct twp_events *events)
{
	struct twp_event_ring *ring = events->ring[smp_processor_id()];

	if (ring->head - smp_load_acquire(&ring->tail) == TWP_EVENTS_RING)
		return NULL;
	return &ring->event[ring->head % TWP_EVENTS_RING];
}

void twp_events_push(struct twp_events *events)
{
	struct twp_event_ring *ring = events->ring[smp_processor_id()];

	smp_store_release(&ring->head, ring->head + 1);
}

static void twp_address_message(struct twp_wire_bytes *bytes, u8 family, const __be32 address[4])
{
	bytes->length = family == TWP_FAMILY_IPV4 ? 4 : 16;
	memcpy(bytes->data, address, bytes->length);
}

static void twp_event_message(const struct twp_event *event, struct twp_msg_event *message)
{
	const struct twp_tuple *tuple = &event->tuple;
	const u32 *decision = event->judgement.decision;

	*message = (struct twp_msg_event){
		.kind = TWP_EVENT_KIND_VERDICT,
		.time_ns = event->time_ns,
		.backend = event->backend,
		.generation = event->generation,
		.verdict = event->verdict,
		.reason = event->reason,
		.client = event->judgement.client,
		.server = event->judgement.server,
		.egress = { TWP_DECISION_VERDICT(decision[TWP_EGRESS]),
			    TWP_DECISION_RULE(decision[TWP_EGRESS]) },
		.ingress = { TWP_DECISION_VERDICT(decision[TWP_INGRESS]),
			     TWP_DECISION_RULE(decision[TWP_INGRESS]) },
		.in_ifindex = event->in_ifindex,
		.out_ifindex = event->out_ifindex,
	};
	if (tuple->family == TWP_FAMILY_NONE)
		return;
	twp_address_message(&message->tuple.client, tuple->family, tuple->client);
	twp_address_message(&message->tuple.server, tuple->family, tuple->server);
	message->tuple.protocol = tuple->protocol;
	message->tuple.port = ntohs(tuple->port);
	message->tuple.client_local = tuple->flags & TWP_TUPLE_CLIENT_LOCAL;
	message->tuple.server_local = tuple->flags & TWP_TUPLE_SERVER_LOCAL;
}

static void twp_events_send_ring(struct twp_net *tn, struct twp_event_ring *ring)
{
	const u32 head = smp_load_acquire(&ring->head);
	struct twp_msg_event message;
	u32 tail;

	for (tail = ring->tail; tail != head; tail++) {
		twp_event_message(&ring->event[tail % TWP_EVENTS_RING], &message);
		/* The slot may be written again from here on. */
		smp_store_release(&ring->tail, tail + 1);
		twp_control_send_event(tn->net, &message);
	}
}

static void twp_events_send_notices(struct twp_net *tn)
{
	struct twp_msg_event message;
	struct twp_plan *plan;
	int kind;

	for (kind = TWP_EVENT_KIND_ANCHOR_LOST; kind < TWP_EVENT_KINDS; kind++) {
		if (!test_and_clear_bit(kind, &tn->events.notices))
			continue;
		message =
			(struct twp_msg_event){ .kind = kind, .time_ns = ktime_get_boottime_ns() };
		rcu_read_lock();
		plan = rcu_dereference(tn->plan);
		if (plan) {
			message.backend = plan->backend->id;
			message.generation = plan->generation;
		}
		rcu_read_unlock();
		twp_control_send_event(tn->net, &message);
	}
}

static void twp_events_send_lost(struct twp_net *tn)
{
	struct twp_msg_module_status status = {};
	struct twp_msg_event message = {};

	twp_counters_status(&tn->counters, &status);
	if (status.events_lost == tn->events.lost)
		return;
	message.kind = TWP_EVENT_KIND_VERDICT;
	message.time_ns = ktime_get_boottime_ns();
	message.lost = status.events_lost - tn->events.lost;
	tn->events.lost = status.events_lost;
	twp_control_send_event(tn->net, &message);
}

static void twp_events_work(struct work_struct *work)
{
	struct twp_net *tn = container_of(to_delayed_work(work), struct twp_net, events.work);
	struct twp_events *events = &tn->events;
	int cpu;

	twp_events_send_notices(tn);
	if (!READ_ONCE(events->running))
		return;

	for_each_possible_cpu(cpu)
		twp_events_send_ring(tn, events->ring[cpu]);
	twp_events_send_lost(tn);
	WRITE_ONCE(events->listened, twp_control_listened(tn->net));
	queue_delayed_work(system_unbound_wq, &events->work, TWP_EVENTS_INTERVAL);
}

void twp_events_notice(struct twp_events *events, enum twp_event_kind kind)
{
	set_bit(kind, &events->notices);
	mod_delayed_work(system_unbound_wq, &events->work, 0);
}

void twp_events_init(struct twp_events *events)
{
	INIT_DELAYED_WORK(&events->work, twp_events_work);
}

int twp_events_reserve(struct twp_events *events)
{
	int cpu;

	if (events->ring)
		return 0;
	events->ring = kcalloc(nr_cpu_ids, sizeof(*events->ring), GFP_KERNEL_ACCOUNT);
	if (!events->ring)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		events->ring[cpu] = kvzalloc(sizeof(*events->ring[cpu]), GFP_KERNEL_ACCOUNT);
		if (!events->ring[cpu]) {
			twp_events_teardown(events);
			return -ENOMEM;
		}
	}
	return 0;
}

void twp_events_start(struct twp_events *events)
{
	WRITE_ONCE(events->running, true);
	mod_delayed_work(system_unbound_wq, &events->work, 0);
}

/* The worker still comes for a notice. */
void twp_events_stop(struct twp_events *events)
{
	WRITE_ONCE(events->running, false);
}

/* No packet and no anchor writes any more. */
void twp_events_teardown(struct twp_events *events)
{
	int cpu;

	if (!events->ring)
		return;
	for_each_possible_cpu(cpu)
		kvfree(events->ring[cpu]);
	kfree(events->ring);
	events->ring = NULL;
}
