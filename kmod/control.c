// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family "twinpath". One command an operation; requests
 * and replies are messages of proto/twinpath.proto in attribute TWP_A_MESSAGE.
 *
 * Process context. Commands of one namespace are made one after the other,
 * under its lock; of different ones at the same time. Only CAP_NET_ADMIN of
 * the initial user namespace may call any of them.
 */
#include <linux/slab.h>
#include <net/genetlink.h>

#include "bench.h"
#include "compat/compat.h"
#include "control.h"
#include "net.h"
#include "plan.h"

static struct genl_family twp_family;

static int twp_request(struct genl_info *info, const struct twp_wire_message *message,
		       void *request)
{
	struct nlattr *attr = info->attrs[TWP_A_MESSAGE];
	struct twp_wire_error error;
	int err;

	if (!attr) {
		twp_compat_extack(info->extack, "%s: the message is missing", message->name);
		return -EINVAL;
	}
	err = twp_wire_decode(message, request, nla_data(attr), nla_len(attr), &error);
	if (!err)
		return 0;
	if (error.field)
		twp_compat_extack(info->extack, "%s: field %s %s", error.message, error.field,
				  error.why);
	else
		twp_compat_extack(info->extack, "%s: field %u %s", error.message, error.number,
				  error.why);
	return err;
}

static struct sk_buff *twp_message_skb(const struct twp_wire_message *message, const void *from,
				       u32 portid, u32 seq, u8 cmd)
{
	struct sk_buff *skb;
	void *header;
	u8 *bytes;
	int length;

	bytes = kmalloc(TWP_MESSAGE_MAX, GFP_KERNEL);
	if (!bytes)
		return ERR_PTR(-ENOMEM);
	length = twp_wire_encode(message, from, bytes, TWP_MESSAGE_MAX);
	if (WARN_ON_ONCE(length < 0)) {
		skb = ERR_PTR(length);
		goto out;
	}
	skb = genlmsg_new(nla_total_size(length), GFP_KERNEL);
	if (!skb) {
		skb = ERR_PTR(-ENOMEM);
		goto out;
	}
	header = genlmsg_put(skb, portid, seq, &twp_family, 0, cmd);
	if (!header || nla_put(skb, TWP_A_MESSAGE, length, bytes)) {
		nlmsg_free(skb);
		skb = ERR_PTR(-EMSGSIZE);
		goto out;
	}
	genlmsg_end(skb, header);
out:
	kfree(bytes);
	return skb;
}

static int twp_reply(struct genl_info *info, const struct twp_wire_message *message,
		     const void *reply)
{
	struct sk_buff *skb = twp_message_skb(message, reply, info->snd_portid, info->snd_seq,
					      info->genlhdr->cmd);

	return IS_ERR(skb) ? PTR_ERR(skb) : genlmsg_reply(skb, info);
}

/* Every command that changes something answers how things are now. */
static int twp_reply_status(struct genl_info *info, struct twp_net *tn)
{
	struct twp_msg_module_status status;

	mutex_lock(&tn->lock);
	twp_plan_status(tn, &status);
	mutex_unlock(&tn->lock);
	return twp_reply(info, &twp_msg_module_status, &status);
}

static int twp_nl_get_status_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct twp_msg_get_status_request request;
	int err;

	err = twp_request(info, &twp_msg_get_status_request, &request);
	if (err)
		return err;
	return twp_reply_status(info, twp_net(genl_info_net(info)));
}

static int twp_nl_set_backend_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct twp_net *tn = twp_net(genl_info_net(info));
	struct twp_msg_set_backend_request request;
	int err;

	err = twp_request(info, &twp_msg_set_backend_request, &request);
	if (err)
		return err;
	mutex_lock(&tn->lock);
	err = twp_plan_set_backend(tn, request.backend, info->extack);
	mutex_unlock(&tn->lock);
	return err ?: twp_reply_status(info, tn);
}

static int twp_nl_set_mode_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct twp_net *tn = twp_net(genl_info_net(info));
	struct twp_msg_set_mode_request request;
	int err;

	err = twp_request(info, &twp_msg_set_mode_request, &request);
	if (err)
		return err;
	mutex_lock(&tn->lock);
	err = twp_plan_set_mode(tn, &request, info->extack);
	mutex_unlock(&tn->lock);
	return err ?: twp_reply_status(info, tn);
}

static int twp_nl_bind_program_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct twp_net *tn = twp_net(genl_info_net(info));
	struct twp_msg_bind_program_request request;
	int err;

	err = twp_request(info, &twp_msg_bind_program_request, &request);
	if (err)
		return err;
	mutex_lock(&tn->lock);
	err = twp_plan_bind_program(tn, request.program_fd, info->extack);
	mutex_unlock(&tn->lock);
	return err ?: twp_reply_status(info, tn);
}

static int twp_nl_commit_generation_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct twp_net *tn = twp_net(genl_info_net(info));
	struct twp_msg_commit_generation_request request;
	int err;

	err = twp_request(info, &twp_msg_commit_generation_request, &request);
	if (err)
		return err;
	mutex_lock(&tn->lock);
	err = twp_plan_commit(tn, &request, info->extack);
	mutex_unlock(&tn->lock);
	return err ?: twp_reply_status(info, tn);
}

static int twp_nl_set_bridge_port_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct twp_net *tn = twp_net(genl_info_net(info));
	struct twp_msg_set_bridge_port_request request;
	int err;

	err = twp_request(info, &twp_msg_set_bridge_port_request, &request);
	if (err)
		return err;
	if (!request.name[0]) {
		twp_compat_extack(info->extack, "no bridge port is named");
		return -EINVAL;
	}
	mutex_lock(&tn->lock);
	err = twp_ports_set(&tn->ports, &request);
	mutex_unlock(&tn->lock);
	if (err == -EINVAL)
		twp_compat_extack(info->extack, "an address has neither 4 nor 16 bytes");
	else if (err == -ENOSPC)
		twp_compat_extack(info->extack, "no more than %u bridge ports", TWP_PORTS_MAX);
	return err ?: twp_reply_status(info, tn);
}

static int twp_nl_get_counters_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct twp_net *tn = twp_net(genl_info_net(info));
	struct twp_msg_get_counters_request request;
	struct twp_msg_counters *page;
	int err;

	err = twp_request(info, &twp_msg_get_counters_request, &request);
	if (err)
		return err;
	page = kzalloc(sizeof(*page), GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	mutex_lock(&tn->lock);
	twp_counters_page(&tn->counters, request.first_rule, page);
	mutex_unlock(&tn->lock);
	err = twp_reply(info, &twp_msg_counters, page);
	kfree(page);
	return err;
}

static int twp_tuple_read(const struct twp_msg_tuple *message, struct twp_tuple *tuple,
			  struct netlink_ext_ack *extack)
{
	const u8 length = message->client.length;

	if ((length != 4 && length != 16) || message->server.length != length) {
		twp_compat_extack(extack, "Tuple: client and server are not of one family");
		return -EINVAL;
	}
	if (message->protocol > U8_MAX || message->port > U16_MAX) {
		twp_compat_extack(extack, "Tuple: protocol %u or port %u is out of range",
				  message->protocol, message->port);
		return -ERANGE;
	}
	memset(tuple, 0, sizeof(*tuple));
	tuple->family = length == 4 ? TWP_FAMILY_IPV4 : TWP_FAMILY_IPV6;
	tuple->protocol = message->protocol;
	tuple->port = htons(message->port);
	tuple->flags = (message->client_local ? TWP_TUPLE_CLIENT_LOCAL : 0) |
		       (message->server_local ? TWP_TUPLE_SERVER_LOCAL : 0);
	memcpy(tuple->client, message->client.data, length);
	memcpy(tuple->server, message->server.data, length);
	return 0;
}

/* The backend that a request names; unnamed, the active one. The caller holds the lock. */
static const struct twp_backend_ops *twp_backend_asked(struct twp_net *tn, u32 id)
{
	return twp_backend_find(id) ?:
		       rcu_dereference_protected(tn->plan, lockdep_is_held(&tn->lock))->backend;
}

static int twp_classify(struct twp_net *tn, const struct twp_backend_ops *backend,
			const struct twp_tuple *tuple, struct twp_msg_judgement *reply)
{
	struct twp_judgement judgement;
	enum twp_verdict verdict;

	rcu_read_lock();
	local_bh_disable();
	verdict = backend->judge(tn, tuple, &judgement);
	reply->generation = backend->generation(tn);
	local_bh_enable();
	rcu_read_unlock();
	if (verdict == TWP_VERDICT_NONE)
		return -ESTALE;

	reply->verdict = verdict;
	reply->backend = backend->id;
	reply->client = judgement.client;
	reply->server = judgement.server;
	reply->egress.verdict = TWP_DECISION_VERDICT(judgement.decision[TWP_EGRESS]);
	reply->egress.rule = TWP_DECISION_RULE(judgement.decision[TWP_EGRESS]);
	reply->ingress.verdict = TWP_DECISION_VERDICT(judgement.decision[TWP_INGRESS]);
	reply->ingress.rule = TWP_DECISION_RULE(judgement.decision[TWP_INGRESS]);
	reply->lookups = judgement.lookups;
	return 0;
}

static int twp_nl_classify_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct twp_net *tn = twp_net(genl_info_net(info));
	struct twp_msg_classify_request request;
	const struct twp_backend_ops *backend;
	struct twp_msg_judgement reply = {};
	struct twp_tuple tuple;
	int err;

	err = twp_request(info, &twp_msg_classify_request, &request);
	if (err)
		return err;
	err = twp_tuple_read(&request.tuple, &tuple, info->extack);
	if (err)
		return err;
	mutex_lock(&tn->lock);
	backend = twp_backend_asked(tn, request.backend);
	err = twp_classify(tn, backend, &tuple, &reply);
	mutex_unlock(&tn->lock);
	if (err) {
		twp_compat_extack(info->extack, "backend %s cannot judge: it holds no policy",
				  backend->name);
		return err;
	}
	return twp_reply(info, &twp_msg_judgement, &reply);
}

static int twp_bench_check(const struct twp_msg_bench_request *request,
			   struct netlink_ext_ack *extack)
{
	if (!request->tuples) {
		twp_compat_extack(extack, "Bench: no tuple to judge");
		return -EINVAL;
	}
	if (!request->judgements || request->judgements > TWP_BENCH_JUDGEMENTS_MAX ||
	    !request->rounds || request->rounds > TWP_BENCH_ROUNDS_MAX) {
		twp_compat_extack(extack, "Bench: judgements are 1 to %u, rounds 1 to %u",
				  TWP_BENCH_JUDGEMENTS_MAX, TWP_BENCH_ROUNDS_MAX);
		return -ERANGE;
	}
	if ((u64)request->judgements * request->rounds > TWP_BENCH_ALL_MAX) {
		twp_compat_extack(extack, "Bench: no more than %u judgements in all rounds",
				  TWP_BENCH_ALL_MAX);
		return -ERANGE;
	}
	return 0;
}

static int twp_bench(struct twp_net *tn, const struct twp_msg_bench_request *request,
		     struct twp_msg_bench_result *result, struct netlink_ext_ack *extack)
{
	const struct twp_backend_ops *backend;
	struct twp_tuple *tuple;
	int err = 0;
	u32 i;

	tuple = kcalloc(request->tuples, sizeof(*tuple), GFP_KERNEL);
	if (!tuple)
		return -ENOMEM;
	for (i = 0; i < request->tuples && !err; i++)
		err = twp_tuple_read(&request->tuple[i], &tuple[i], extack);
	if (err)
		goto out;

	/* Not under the lock: a switch need not wait for a measurement. */
	mutex_lock(&tn->lock);
	backend = twp_backend_asked(tn, request->backend);
	mutex_unlock(&tn->lock);
	err = twp_bench_run(tn, backend, tuple, request->tuples, request->judgements,
			    request->rounds, result);
	if (err == -ESTALE)
		twp_compat_extack(extack, "backend %s cannot judge: it holds no policy",
				  backend->name);
out:
	kfree(tuple);
	return err;
}

static int twp_nl_bench_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct twp_msg_bench_request *request;
	struct twp_msg_bench_result result;
	int err;

	request = kmalloc(sizeof(*request), GFP_KERNEL);
	if (!request)
		return -ENOMEM;
	err = twp_request(info, &twp_msg_bench_request, request);
	if (!err)
		err = twp_bench_check(request, info->extack);
	if (!err)
		err = twp_bench(twp_net(genl_info_net(info)), request, &result, info->extack);
	kfree(request);
	return err ?: twp_reply(info, &twp_msg_bench_result, &result);
}

static const struct nla_policy twp_policy[TWP_A_MAX + 1] = {
	[TWP_A_MESSAGE] = { .type = NLA_BINARY, .len = TWP_MESSAGE_MAX },
};

#define TWP_OP(_cmd, _doit)                                          \
	{                                                            \
		.cmd = _cmd, .doit = _doit, .flags = GENL_ADMIN_PERM \
	}

static const struct genl_small_ops twp_ops[] = {
	TWP_OP(TWP_CMD_GET_STATUS, twp_nl_get_status_doit),
	TWP_OP(TWP_CMD_SET_BACKEND, twp_nl_set_backend_doit),
	TWP_OP(TWP_CMD_SET_MODE, twp_nl_set_mode_doit),
	TWP_OP(TWP_CMD_BIND_PROGRAM, twp_nl_bind_program_doit),
	TWP_OP(TWP_CMD_COMMIT_GENERATION, twp_nl_commit_generation_doit),
	TWP_OP(TWP_CMD_SET_BRIDGE_PORT, twp_nl_set_bridge_port_doit),
	TWP_OP(TWP_CMD_GET_COUNTERS, twp_nl_get_counters_doit),
	TWP_OP(TWP_CMD_CLASSIFY, twp_nl_classify_doit),
	TWP_OP(TWP_CMD_BENCH, twp_nl_bench_doit),
};

static const struct genl_multicast_group twp_groups[] = {
	{ .name = TWP_GENL_GROUP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

static struct genl_family twp_family __ro_after_init = {
	.name = TWP_GENL_NAME,
	.version = TWP_GENL_VERSION,
	.maxattr = TWP_A_MAX,
	.policy = twp_policy,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.small_ops = twp_ops,
	.n_small_ops = ARRAY_SIZE(twp_ops),
	.mcgrps = twp_groups,
	.n_mcgrps = ARRAY_SIZE(twp_groups),
};

bool twp_control_listened(struct net *net)
{
	return genl_has_listeners(&twp_family, net, 0);
}

void twp_control_send_event(struct net *net, const struct twp_msg_event *event)
{
	struct sk_buff *skb;

	if (!twp_control_listened(net))
		return;
	skb = twp_message_skb(&twp_msg_event, event, 0, 0, TWP_CMD_EVENT);
	if (!IS_ERR(skb))
		genlmsg_multicast_netns(&twp_family, net, skb, 0, 0, GFP_KERNEL);
}

int twp_control_setup(void)
{
	return genl_register_family(&twp_family);
}

void twp_control_teardown(void)
{
	genl_unregister_family(&twp_family);
}
