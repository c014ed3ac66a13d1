/* SPDX-License-Identifier: GPL-2.0-only */
/* The plan: how packets are judged, behind one RCU pointer for each namespace. */
#ifndef TWP_PLAN_H
#define TWP_PLAN_H

#include <linux/netlink.h>
#include <linux/rcupdate.h>

#include "backend.h"
#include "message.h"

struct twp_plan {
	struct rcu_head rcu;
	const struct twp_backend_ops *backend;
	const struct twp_backend_ops *other; /* judges if @backend cannot */
	enum twp_mode mode;
	enum twp_deny_action deny_action;
	enum twp_failure_policy failure_policy;
	enum twp_ethertype_policy other_ethertypes;
	u32 generation;
	bool host_selected;
};

int twp_plan_setup(struct twp_net *tn);
void twp_plan_teardown(struct twp_net *tn);

/* Process context, may sleep. Each refuses with a sentence in @extack and then changes nothing. */
int twp_plan_set_backend(struct twp_net *tn, enum twp_backend_id id,
			 struct netlink_ext_ack *extack);
int twp_plan_set_mode(struct twp_net *tn, const struct twp_msg_set_mode_request *request,
		      struct netlink_ext_ack *extack);
int twp_plan_bind_program(struct twp_net *tn, u32 fd, struct netlink_ext_ack *extack);
int twp_plan_commit(struct twp_net *tn, const struct twp_msg_commit_generation_request *request,
		    struct netlink_ext_ack *extack);
void twp_plan_status(struct twp_net *tn, struct twp_msg_module_status *status);

/* Of the plan whose backend cannot judge: has the other one judge, if it holds the generation. */
enum twp_verdict twp_plan_judge_other(struct twp_net *tn, const struct twp_plan *plan,
				      const struct twp_tuple *tuple,
				      struct twp_judgement *judgement, enum twp_backend_id *by);

/**
 * twp_plan_judge() - judge a flow with the plan's backend, or else with the other
 * @tn: namespace
 * @plan: of that namespace
 * @tuple: the flow
 * @judgement: filled; zeroes if neither could judge
 * @by: the backend that judged
 *
 * Context: rcu_read_lock(), softirqs off.
 * Return: a verdict; TWP_VERDICT_NONE if neither backend could judge.
 */
static inline enum twp_verdict twp_plan_judge(struct twp_net *tn, const struct twp_plan *plan,
					      const struct twp_tuple *tuple,
					      struct twp_judgement *judgement,
					      enum twp_backend_id *by)
{
	enum twp_verdict verdict = plan->backend->judge(tn, tuple, judgement);

	*by = plan->backend->id;
	if (likely(verdict != TWP_VERDICT_NONE))
		return verdict;
	return twp_plan_judge_other(tn, plan, tuple, judgement, by);
}

#endif
