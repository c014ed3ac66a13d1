// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan of a namespace. A change makes a new plan and swaps the pointer: a
 * packet sees the old plan or the new one, whole.
 *
 * Changes are made in process context under the namespace's lock; old plans
 * are freed by RCU.
 */
#include <linux/bpf.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "hook.h"
#include "net.h"
#include "plan.h"
#include "sweep.h"

static const struct twp_backend_ops *const twp_backends[TWP_BACKENDS] = {
	[TWP_BACKEND_NFT] = &twp_backend_nft,
	[TWP_BACKEND_BPF] = &twp_backend_bpf,
};

const struct twp_backend_ops *twp_backend_find(enum twp_backend_id id)
{
	return id < TWP_BACKENDS ? twp_backends[id] : NULL;
}

static u32 twp_generation_of(struct twp_net *tn, const struct twp_backend_ops *backend)
{
	u32 generation;

	rcu_read_lock();
	local_bh_disable();
	generation = backend->generation(tn);
	local_bh_enable();
	rcu_read_unlock();
	return generation;
}

static bool twp_bound_of(struct twp_net *tn, const struct twp_backend_ops *backend)
{
	bool bound;

	rcu_read_lock();
	bound = backend->bound(tn);
	rcu_read_unlock();
	return bound;
}

static int twp_check_holds(struct twp_net *tn, const struct twp_backend_ops *backend, u32 want,
			   struct netlink_ext_ack *extack)
{
	const u32 have = twp_generation_of(tn, backend);

	if (!want) {
		twp_compat_extack(extack, "no policy has been committed");
		return -ESTALE;
	}
	if (have == want)
		return 0;
	if (!have)
		twp_compat_extack(extack, "backend %s has no %s, policy is at generation %u",
				  backend->name,
				  backend->id == TWP_BACKEND_NFT ? "tables" : "program", want);
	else
		twp_compat_extack(extack, "backend %s holds generation %u, policy is at %u",
				  backend->name, have, want);
	return -ESTALE;
}

static struct twp_plan *twp_plan_locked(struct twp_net *tn)
{
	return rcu_dereference_protected(tn->plan, lockdep_is_held(&tn->lock));
}

/* A copy of the plan in force, to be changed and swapped in. */
static struct twp_plan *twp_plan_copy(struct twp_net *tn)
{
	return kmemdup(twp_plan_locked(tn), sizeof(struct twp_plan), GFP_KERNEL);
}

static void twp_plan_swap(struct twp_net *tn, struct twp_plan *plan)
{
	plan = rcu_replace_pointer(tn->plan, plan, lockdep_is_held(&tn->lock));
	kfree_rcu(plan, rcu);
}

enum twp_verdict twp_plan_judge_other(struct twp_net *tn, const struct twp_plan *plan,
				      const struct twp_tuple *tuple,
				      struct twp_judgement *judgement, enum twp_backend_id *by)
{
	enum twp_verdict verdict = TWP_VERDICT_NONE;

	*by = plan->other->id;
	if (plan->other->generation(tn) == plan->generation)
		verdict = plan->other->judge(tn, tuple, judgement);
	if (verdict == TWP_VERDICT_NONE) {
		*by = TWP_BACKEND_UNSPECIFIED;
		memset(judgement, 0, sizeof(*judgement));
		return verdict;
	}
	twp_counters_here(&tn->counters)->fallbacks++;
	twp_events_notice_packet(&tn->events, TWP_EVENT_KIND_FALLBACK);
	return verdict;
}

int twp_plan_set_backend(struct twp_net *tn, enum twp_backend_id id, struct netlink_ext_ack *extack)
{
	const struct twp_backend_ops *backend = twp_backend_find(id);
	struct twp_plan *plan;
	ktime_t start;
	int err;

	if (!backend) {
		twp_compat_extack(extack, "no backend is named");
		return -EINVAL;
	}
	start = ktime_get();
	err = twp_check_holds(tn, backend, twp_plan_locked(tn)->generation, extack);
	if (err)
		return err;
	plan = twp_plan_copy(tn);
	if (!plan)
		return -ENOMEM;
	if (plan->backend != backend) {
		plan->other = plan->backend;
		plan->backend = backend;
		tn->switches++;
	}
	twp_plan_swap(tn, plan);
	tn->switch_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	return 0;
}

/* While hooks are taken, the module cannot be unloaded. */
static int twp_hooks_take(struct twp_net *tn)
{
	int err;

	err = twp_counters_reserve(&tn->counters, 0);
	if (err)
		return err;
	err = twp_events_reserve(&tn->events);
	if (err)
		return err;
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	err = twp_hook_setup(tn);
	if (err) {
		module_put(THIS_MODULE);
		return err;
	}
	twp_events_start(&tn->events);
	return 0;
}

static void twp_hooks_give(struct twp_net *tn)
{
	twp_events_stop(&tn->events);
	twp_hook_teardown(tn);
	module_put(THIS_MODULE);
}

static int twp_mode_check(struct twp_net *tn, const struct twp_plan *plan,
			  struct netlink_ext_ack *extack)
{
	if (plan->mode == TWP_MODE_OFF || plan->mode == twp_plan_locked(tn)->mode)
		return 0;
	return twp_check_holds(tn, plan->backend, plan->generation, extack);
}

int twp_plan_set_mode(struct twp_net *tn, const struct twp_msg_set_mode_request *request,
		      struct netlink_ext_ack *extack)
{
	struct twp_plan *plan = twp_plan_copy(tn);
	enum twp_mode before;
	int err;

	if (!plan)
		return -ENOMEM;
	before = plan->mode;
	plan->mode = request->mode ?: plan->mode;
	plan->deny_action = request->deny_action ?: plan->deny_action;
	plan->failure_policy = request->failure_policy ?: plan->failure_policy;
	plan->other_ethertypes = request->other_ethertypes ?: plan->other_ethertypes;

	err = twp_mode_check(tn, plan, extack);
	if (err)
		goto err_free;
	if (before == TWP_MODE_OFF && plan->mode != TWP_MODE_OFF) {
		err = twp_hooks_take(tn);
		if (err) {
			twp_compat_extack(extack, "the hooks cannot be taken, error %d", -err);
			goto err_free;
		}
	}
	/* Between the hooks and the plan, packets are judged as in audit. */
	twp_plan_swap(tn, plan);
	if (before != TWP_MODE_OFF && plan->mode == TWP_MODE_OFF)
		twp_hooks_give(tn);
	if (before != TWP_MODE_ENFORCE && plan->mode == TWP_MODE_ENFORCE)
		twp_sweep(tn);
	return 0;

err_free:
	kfree(plan);
	return err;
}

/* Bound is at once what judges, if backend bpf is active: then it must hold something. */
static bool twp_program_may_judge(struct twp_net *tn, const struct bpf_prog *program)
{
	const struct twp_plan *plan = twp_plan_locked(tn);
	u32 generation;

	if (plan->backend->id != TWP_BACKEND_BPF || plan->mode == TWP_MODE_OFF)
		return true;
	rcu_read_lock();
	local_bh_disable();
	generation = twp_backend_bpf_generation(program);
	local_bh_enable();
	rcu_read_unlock();
	return generation;
}

int twp_plan_bind_program(struct twp_net *tn, u32 fd, struct netlink_ext_ack *extack)
{
	struct bpf_prog *program = twp_backend_bpf_get(fd);

	if (IS_ERR(program)) {
		twp_compat_extack(extack, "file descriptor %u is no BPF program of type lwt_out",
				  fd);
		return PTR_ERR(program);
	}
	if (!twp_program_may_judge(tn, program)) {
		twp_compat_extack(extack,
				  "the program holds no generation, and backend bpf is active");
		bpf_prog_put(program);
		return -EINVAL;
	}
	twp_backend_bpf_bind(tn, program);
	return 0;
}

int twp_plan_commit(struct twp_net *tn, const struct twp_msg_commit_generation_request *request,
		    struct netlink_ext_ack *extack)
{
	struct twp_plan *plan;
	int id, err;

	for (id = TWP_BACKEND_NFT; id < TWP_BACKENDS; id++) {
		err = twp_check_holds(tn, twp_backends[id], request->generation, extack);
		if (err)
			return err;
	}
	if (request->rules > TWP_RULE_NUMBER_MAX) {
		twp_compat_extack(extack, "rule number %u is above %u", request->rules,
				  TWP_RULE_NUMBER_MAX);
		return -ERANGE;
	}
	err = twp_counters_reserve(&tn->counters, request->rules);
	if (err)
		return err;
	plan = twp_plan_copy(tn);
	if (!plan)
		return -ENOMEM;
	plan->generation = request->generation;
	plan->host_selected = request->host_selected;
	twp_plan_swap(tn, plan);

	if (request->sweep && plan->mode == TWP_MODE_ENFORCE)
		twp_sweep(tn);
	else
		/* Keeps the transactions of two generations apart, see twp_nft_judge(). */
		synchronize_net();
	return 0;
}

static void twp_backend_status(struct twp_net *tn, const struct twp_backend_ops *backend,
			       struct twp_msg_backend_status *status)
{
	status->backend = backend->id;
	status->bound = twp_bound_of(tn, backend);
	status->generation = twp_generation_of(tn, backend);
}

void twp_plan_status(struct twp_net *tn, struct twp_msg_module_status *status)
{
	const struct twp_plan *plan = twp_plan_locked(tn);

	*status = (struct twp_msg_module_status){
		.layout = TWP_LAYOUT,
		.mode = plan->mode,
		.backend = plan->backend->id,
		.deny_action = plan->deny_action,
		.failure_policy = plan->failure_policy,
		.other_ethertypes = plan->other_ethertypes,
		.generation = plan->generation,
		.host_selected = plan->host_selected,
		.program_id = twp_backend_bpf_program_id(tn),
		.switches = tn->switches,
		.switch_ns = tn->switch_ns,
		.flows_ended = atomic64_read(&tn->flows_ended),
	};
	strscpy(status->version, TWP_MODULE_VERSION, sizeof(status->version));
	twp_backend_status(tn, &twp_backend_nft, &status->nft);
	twp_backend_status(tn, &twp_backend_bpf, &status->bpf);
	twp_counters_status(&tn->counters, status);
}

int twp_plan_setup(struct twp_net *tn)
{
	struct twp_plan *plan = kzalloc(sizeof(*plan), GFP_KERNEL);

	if (!plan)
		return -ENOMEM;
	plan->backend = &twp_backend_nft;
	plan->other = &twp_backend_bpf;
	plan->mode = TWP_MODE_OFF;
	plan->deny_action = TWP_DENY_ACTION_DROP;
	plan->failure_policy = TWP_FAILURE_POLICY_CLOSED;
	plan->other_ethertypes = TWP_ETHERTYPE_POLICY_DENY;
	RCU_INIT_POINTER(tn->plan, plan);
	return 0;
}

/* The namespace goes: no command runs, and after this no hook. */
void twp_plan_teardown(struct twp_net *tn)
{
	struct twp_plan *plan;

	mutex_lock(&tn->lock);
	if (tn->hooks)
		twp_hooks_give(tn);
	twp_backend_bpf_bind(tn, NULL);
	plan = rcu_replace_pointer(tn->plan, NULL, true);
	kfree_rcu(plan, rcu);
	mutex_unlock(&tn->lock);
}
