// SPDX-License-Identifier: GPL-2.0-only
/* The program: one step from image to image, and the way back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "program.h"

/* Shared by the sides that hold it: equal pointers are equal images. */
struct twp_held_image {
	struct twp_image image;
	unsigned int references;
};

static struct twp_held_image *held_get(struct twp_held_image *held)
{
	if (held)
		held->references++;
	return held;
}

static void held_put(struct twp_held_image *held)
{
	if (!held || --held->references)
		return;
	twp_image_clean(&held->image);
	free(held);
}

/* Takes what is in @image. */
static struct twp_held_image *held_alloc(struct twp_image *image)
{
	struct twp_held_image *held = malloc(sizeof(*held));

	if (!held)
		return NULL;
	held->image = *image;
	held->references = 1;
	twp_image_init(image);
	return held;
}

static void side_set(struct twp_program_side *side, struct twp_held_image *held, bool built)
{
	held_get(held);
	held_put(side->held);
	side->held = held;
	side->built = built;
}

uint64_t twp_program_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int twp_program_init(struct twp_program *program, const char *pins, const struct twp_sizes *sizes)
{
	memset(program, 0, sizeof(*program));
	program->side[0].ops = &twp_backend_nft;
	program->side[1].ops = &twp_backend_bpf;
	program->sizes = *sizes;
	program->pins = strdup(pins);
	return program->pins ? 0 : -1;
}

void twp_program_clean(struct twp_program *program)
{
	twp_program_disconnect(program);
	free(program->pins);
	memset(program, 0, sizeof(*program));
}

int twp_program_connect(struct twp_program *program, struct twp_error *error)
{
	struct twp_error why;
	size_t i;

	program->module = twp_module_open(error);
	program->loaded = program->module || errno != ENODEV;
	if (!program->module)
		return -1;
	for (i = 0; i < TWP_PROGRAM_SIDES; i++) {
		struct twp_program_side *side = &program->side[i];

		side->backend =
			side->ops->open(program->module, program->pins, &program->sizes, &why);
		if (!side->backend) {
			twp_program_disconnect(program);
			return twp_error_set(error, "backend %s: %s", side->ops->name, why.text);
		}
	}
	return 0;
}

void twp_program_disconnect(struct twp_program *program)
{
	size_t i;

	for (i = 0; i < TWP_PROGRAM_SIDES; i++) {
		struct twp_program_side *side = &program->side[i];

		if (side->backend)
			side->ops->close(side->backend);
		side->backend = NULL;
		side_set(side, NULL, false);
	}
	twp_module_close(program->module);
	program->module = NULL;
	program->generation = 0;
}

int twp_program_read(struct twp_program *program, struct twp_error *error)
{
	Twinpath__V1__ModuleStatus *status;
	struct twp_held_image *held;
	struct twp_image image;
	struct twp_error why;
	size_t i;
	int got;

	status = twp_module_status(program->module, error);
	if (!status)
		return -1;
	program->generation = status->generation;
	program->host_selected = status->host_selected;
	for (i = 0; i < TWP_PROGRAM_SIDES; i++) {
		struct twp_program_side *side = &program->side[i];
		const Twinpath__V1__BackendStatus *word = i ? status->bpf : status->nft;

		twp_image_init(&image);
		got = side->ops->read(side->backend, &image, &why);
		if (got < 0)
			twp_log(LOG_WARNING, "backend %s cannot be read, and is built anew: %s",
				side->ops->name, why.text);
		held = got == 1 ? held_alloc(&image) : NULL;
		side_set(side, held,
			 held && word && word->bound && word->generation == held->image.generation);
		held_put(held);
		twp_image_clean(&image);
	}
	twinpath__v1__module_status__free_unpacked(status, NULL);
	return 0;
}

uint32_t twp_program_agreed(const struct twp_program *program)
{
	size_t i;

	for (i = 0; i < TWP_PROGRAM_SIDES; i++)
		if (!program->side[i].built ||
		    program->side[i].held->image.generation != program->generation)
			return 0;
	return program->generation;
}

static bool same(const struct twp_image *a, const struct twp_image *b)
{
	size_t i;

	for (i = 0; i < TWP_TABLE_COUNT; i++)
		if (a->table[i].count != b->table[i].count ||
		    (a->table[i].count && memcmp(a->table[i].rows, b->table[i].rows,
						 a->table[i].count * twp_row_size(i))))
			return false;
	return a->generation == b->generation;
}

bool twp_program_holds(const struct twp_program *program, const struct twp_image *image)
{
	size_t i;

	for (i = 0; i < TWP_PROGRAM_SIDES; i++)
		if (!program->side[i].built || !same(&program->side[i].held->image, image))
			return false;
	return true;
}

void twp_program_adopt(struct twp_program *program, uint32_t rules)
{
	program->rules = rules;
	/* Equal images: one of them does. */
	side_set(&program->side[1], program->side[0].held, program->side[1].built);
}

uint32_t twp_program_next(const struct twp_program *program, uint32_t stored)
{
	uint32_t last = stored;
	size_t i;

	if (program->generation > last)
		last = program->generation;
	if (program->used > last)
		last = program->used;
	for (i = 0; i < TWP_PROGRAM_SIDES; i++) {
		const struct twp_held_image *held = program->side[i].held;

		if (held && held->image.generation > last)
			last = held->image.generation;
	}
	return last == UINT32_MAX ? 1 : last + 1;
}

const struct twp_image *twp_program_image(const struct twp_program *program)
{
	const struct twp_held_image *held = program->side[0].held;

	return held ? &held->image : NULL;
}

/* What a step does to the sides, and what is needed to undo it. */
struct step {
	struct twp_held_image *next;
	struct twp_held_image *before[TWP_PROGRAM_SIDES];
	bool touched[TWP_PROGRAM_SIDES];
	bool takes_away;
	struct twp_diff diff; /* from @diff_from to @next, if that is not NULL */
	struct twp_held_image *diff_from;
};

static void count_entries(Twinpath__V1__Applied *applied, const struct step *step)
{
	size_t i;

	applied->added = applied->removed = applied->changed = 0;
	for (i = 0; i < TWP_TABLE_COUNT; i++) {
		if (i == TWP_TABLE_GENERATION)
			continue;
		if (!step->diff_from) {
			applied->added += (uint32_t)step->next->image.table[i].count;
			continue;
		}
		applied->added += (uint32_t)step->diff.table[i].added;
		applied->removed += (uint32_t)step->diff.table[i].removed;
		applied->changed += (uint32_t)step->diff.table[i].changed;
	}
}

/* Brings one side to @next: by the difference if it is known what it holds, else anew. */
static int side_apply(struct twp_program_side *side, struct step *step, struct twp_error *error)
{
	struct twp_error why;

	if (side->built) {
		/* Both sides hold the same, as a rule: then one difference does. */
		if (step->diff_from != side->held) {
			if (step->diff_from)
				twp_diff_clean(&step->diff);
			step->diff_from = NULL;
			if (twp_diff_make(&step->diff, &side->held->image, &step->next->image))
				return twp_error_set(error, "no memory");
			step->diff_from = side->held;
		}
		step->takes_away |= twp_diff_takes_away(&step->diff);
		side->built = false;
		if (!side->ops->apply(side->backend, &step->next->image, &step->diff, &why)) {
			side_set(side, step->next, true);
			return 0;
		}
		twp_log(LOG_WARNING, "backend %s: %s; it is built anew", side->ops->name, why.text);
	}
	/* What it held is not known, so neither is what is taken away. */
	step->takes_away = true;
	side->built = false;
	if (side->ops->rebuild(side->backend, &step->next->image, &why))
		return twp_error_set(error, "backend %s: %s", side->ops->name, why.text);
	side_set(side, step->next, true);
	return 0;
}

/* Brings one side back to @before. */
static void side_undo(struct twp_program_side *side, struct twp_held_image *before)
{
	struct twp_error why;
	struct twp_diff diff;
	int failed = -1;

	if (!before) {
		side_set(side, NULL, false);
		return;
	}
	if (side->built && !twp_diff_make(&diff, &side->held->image, &before->image)) {
		failed = side->ops->apply(side->backend, &before->image, &diff, &why);
		twp_diff_clean(&diff);
	}
	if (failed)
		failed = side->ops->rebuild(side->backend, &before->image, &why);
	if (failed)
		twp_log(LOG_ERR, "backend %s does not go back to generation %u: %s",
			side->ops->name, before->image.generation, why.text);
	side_set(side, before, !failed);
}

struct port_send {
	const struct twp_ports *ports;
	struct twp_module *module;
};

static int port_send(const char *name, void *context, struct twp_error *error)
{
	struct port_send *send = context;

	return twp_ports_send(send->ports, name, send->module, error);
}

static int ports_apply(struct twp_program *program, const struct twp_ports *from,
		       const struct twp_ports *to, struct twp_error *error)
{
	struct port_send send = { .ports = to, .module = program->module };

	if (!to)
		return 0;
	return twp_ports_changes(from, to, port_send, &send, error);
}

static int commit(struct twp_program *program, uint32_t generation, bool sweep, bool host_selected,
		  uint32_t rules, struct twp_error *error)
{
	Twinpath__V1__CommitGenerationRequest request =
		TWINPATH__V1__COMMIT_GENERATION_REQUEST__INIT;
	Twinpath__V1__ModuleStatus *status;

	request.generation = generation;
	request.sweep = sweep;
	request.host_selected = host_selected;
	request.rules = rules;
	status = twp_module_commit(program->module, &request, error);
	if (!status)
		return -1;
	twinpath__v1__module_status__free_unpacked(status, NULL);
	program->generation = generation;
	program->host_selected = host_selected;
	program->rules = rules;
	return 0;
}

int twp_program_apply(struct twp_program *program, const struct twp_program_step *asked,
		      Twinpath__V1__Applied *applied, struct twp_error *error)
{
	struct step step = { 0 };
	struct twp_error ignored;
	uint64_t *const took[] = { &applied->nft_us, &applied->bpf_us };
	uint64_t start;
	int failed = 0;
	size_t i;

	program->used = asked->image->generation;
	step.next = held_alloc(asked->image);
	if (!step.next)
		return twp_error_set(error, "no memory");
	for (i = 0; i < TWP_PROGRAM_SIDES; i++)
		step.before[i] = held_get(program->side[i].held);
	for (i = 0; i < TWP_PROGRAM_SIDES && !failed; i++) {
		start = twp_program_now_us();
		step.touched[i] = true;
		failed = side_apply(&program->side[i], &step, error);
		*took[i] = twp_program_now_us() - start;
	}
	if (!failed) {
		count_entries(applied, &step);
		failed = ports_apply(program, asked->ports_before, asked->ports_after, error);
		start = twp_program_now_us();
		if (!failed)
			failed = commit(program, step.next->image.generation, step.takes_away,
					asked->host_selected, asked->rules, error);
		applied->commit_us = twp_program_now_us() - start;
		if (failed)
			ports_apply(program, asked->ports_after, asked->ports_before, &ignored);
		else
			applied->generation = program->generation;
	}
	for (i = TWP_PROGRAM_SIDES; failed && i-- > 0;)
		if (step.touched[i])
			side_undo(&program->side[i], step.before[i]);
	if (step.diff_from)
		twp_diff_clean(&step.diff);
	for (i = 0; i < TWP_PROGRAM_SIDES; i++)
		held_put(step.before[i]);
	held_put(step.next);
	return failed;
}

int twp_program_check(struct twp_program *program, struct twp_error *error)
{
	Twinpath__V1__ModuleStatus *status;
	struct twp_error why;
	bool mend;
	size_t i;

	status = twp_module_status(program->module, error);
	if (!status)
		return -1;
	mend = status->generation != program->generation;
	for (i = 0; i < TWP_PROGRAM_SIDES; i++) {
		const Twinpath__V1__BackendStatus *word = i ? status->bpf : status->nft;
		struct twp_program_side *side = &program->side[i];

		if (side->held &&
		    (!word || !word->bound || word->generation != side->held->image.generation))
			side->built = false;
		mend |= !side->built;
	}
	twinpath__v1__module_status__free_unpacked(status, NULL);
	if (!mend)
		return 0;
	for (i = 0; i < TWP_PROGRAM_SIDES; i++) {
		struct twp_program_side *side = &program->side[i];

		if (side->built)
			continue;
		if (!side->held)
			return twp_error_set(error, "backend %s holds nothing", side->ops->name);
		twp_log(LOG_WARNING, "backend %s has lost generation %u; it is built anew",
			side->ops->name, side->held->image.generation);
		if (side->ops->rebuild(side->backend, &side->held->image, &why))
			return twp_error_set(error, "backend %s: %s", side->ops->name, why.text);
		side->built = true;
	}
	/* Flows may have begun that nobody judged: sweep. */
	return commit(program, program->side[0].held->image.generation, true,
		      program->host_selected, program->rules, error);
}

int twp_program_settle(struct twp_program *program, const struct twp_settings *settings,
		       struct twp_error *error)
{
	Twinpath__V1__SetModeRequest request = TWINPATH__V1__SET_MODE_REQUEST__INIT;
	Twinpath__V1__ModuleStatus *status, *next;
	bool differs;

	status = twp_module_status(program->module, error);
	if (!status)
		return -1;
	/* The backend first: once the mode is on, it judges. */
	if (settings->backend && settings->backend != (uint32_t)status->backend) {
		next = twp_module_set_backend(program->module,
					      (Twinpath__V1__Backend)settings->backend, error);
		twinpath__v1__module_status__free_unpacked(status, NULL);
		if (!next)
			return -1;
		status = next;
	}
	request.mode = (Twinpath__V1__Mode)settings->mode;
	request.deny_action = (Twinpath__V1__DenyAction)settings->deny_action;
	request.failure_policy = (Twinpath__V1__FailurePolicy)settings->failure_policy;
	request.other_ethertypes = (Twinpath__V1__EthertypePolicy)settings->other_ethertypes;
	differs =
		(request.mode && request.mode != status->mode) ||
		(request.deny_action && request.deny_action != status->deny_action) ||
		(request.failure_policy && request.failure_policy != status->failure_policy) ||
		(request.other_ethertypes && request.other_ethertypes != status->other_ethertypes);
	twinpath__v1__module_status__free_unpacked(status, NULL);
	if (!differs)
		return 0;
	status = twp_module_set_mode(program->module, &request, error);
	if (!status)
		return -1;
	twinpath__v1__module_status__free_unpacked(status, NULL);
	return 0;
}
