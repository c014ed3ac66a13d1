/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM twinpath

#if !defined(TWP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define TWP_TRACE_H

#include <linux/tracepoint.h>

#include "message.h"
#include "uapi/twinpath.h"

/* One judged packet. Verdict, reason and backend are numbers of proto/twinpath.proto. */
TRACE_EVENT(verdict,

	TP_PROTO(unsigned int netns, unsigned int hook, const struct twp_tuple *tuple,
		 const struct twp_judgement *judgement, unsigned int backend, unsigned int verdict,
		 unsigned int reason),

	TP_ARGS(netns, hook, tuple, judgement, backend, verdict, reason),

	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__field(u8, hook)
		__field(u8, backend)
		__field(u8, verdict)
		__field(u8, reason)
		__field(u8, family)
		__field(u8, protocol)
		__field(u16, port)
		__array(u8, client_address, 16)
		__array(u8, server_address, 16)
		__field(u32, client)
		__field(u32, server)
		__field(u32, egress)
		__field(u32, ingress)
	),

	TP_fast_assign(
		__entry->netns = netns;
		__entry->hook = hook;
		__entry->backend = backend;
		__entry->verdict = verdict;
		__entry->reason = reason;
		__entry->family = tuple->family;
		__entry->protocol = tuple->protocol;
		__entry->port = ntohs(tuple->port);
		memcpy(__entry->client_address, tuple->client, 16);
		memcpy(__entry->server_address, tuple->server, 16);
		__entry->client = judgement->client;
		__entry->server = judgement->server;
		__entry->egress = judgement->decision[TWP_EGRESS];
		__entry->ingress = judgement->decision[TWP_INGRESS];
	),

	TP_printk("netns=%u hook=%u backend=%u verdict=%u reason=%u family=%u client=%*phN server=%*phN protocol=%u port=%u identities=%u,%u rules=%u,%u",
		  __entry->netns, __entry->hook, __entry->backend, __entry->verdict,
		  __entry->reason, __entry->family, 16, __entry->client_address, 16,
		  __entry->server_address, __entry->protocol, __entry->port, __entry->client,
		  __entry->server, TWP_DECISION_RULE(__entry->egress),
		  TWP_DECISION_RULE(__entry->ingress))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
