// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cases into the kernel. The program, its backends and the client of the module
 * are the daemon's; what it would mend quietly is a failure here.
 */
#include <stdarg.h>
#include <string.h>

#include "agree.h"
#include "../unit/disagreement.h"
#include "twinpathd/log.h"

/* Cases between two that are read back first, and two that are built anew. */
enum { READ_EVERY = 8, REBUILD_EVERY = 20 };

/* What the daemon would have logged. */
static char warning[1024];

void twp_log(int level, const char *format, ...)
{
	va_list arguments;

	if (level > LOG_WARNING || *warning)
		return;
	va_start(arguments, format);
	vsnprintf(warning, sizeof(warning), format, arguments);
	va_end(arguments);
}

int agree_kernel_open(struct agree_kernel *kernel, const char *wrong, struct twp_error *error)
{
	*kernel = (struct agree_kernel){ .wrong = -1 };
	if (twp_program_init(&kernel->program, "/sys/fs/bpf/twinpath/agree", &twp_sizes_default))
		return twp_error_set(error, "no memory");
	twp_image_init(&kernel->image);
	for (int i = 0; wrong && i < TWP_PROGRAM_SIDES; i++)
		if (!strcmp(wrong, kernel->program.side[i].ops->name))
			kernel->wrong = i;
	if (wrong && kernel->wrong < 0)
		return twp_error_set(error, "'%s' is no backend", wrong);
	return twp_program_connect(&kernel->program, error);
}

void agree_kernel_close(struct agree_kernel *kernel)
{
	for (int i = 0; i < TWP_PROGRAM_SIDES; i++) {
		struct twp_program_side *side = &kernel->program.side[i];

		if (side->backend)
			side->ops->destroy(side->backend, NULL);
	}
	twp_program_clean(&kernel->program);
	twp_image_clean(&kernel->image);
}

/* From one image to another of the same generation, on one side, behind the program's back. */
static int replace(struct agree_kernel *kernel, const struct twp_image *from,
		   const struct twp_image *to, struct twp_error *error)
{
	struct twp_program_side *side = &kernel->program.side[kernel->wrong];
	struct twp_diff diff;
	int failed;

	if (twp_diff_make(&diff, from, to))
		return twp_error_set(error, "no memory");
	failed = side->ops->apply(side->backend, to, &diff, error);
	twp_diff_clean(&diff);
	return failed;
}

/* Puts the wrong entry into one backend, or takes it out again. */
static int plant(struct agree_kernel *kernel, bool in, struct twp_error *error)
{
	struct twp_image wrong;
	int failed;

	if (kernel->wrong < 0 || kernel->planted == in)
		return 0;
	if (twp_image_copy(&wrong, &kernel->image))
		return twp_error_set(error, "no memory");
	failed = 0;
	if (disagreement_plant(&wrong)) {
		failed = in ? replace(kernel, &kernel->image, &wrong, error) :
			      replace(kernel, &wrong, &kernel->image, error);
		kernel->planted = in;
	}
	twp_image_clean(&wrong);
	return failed;
}

/* As a daemon that begins again. */
static int reconnect(struct agree_kernel *kernel, bool read, struct twp_error *error)
{
	twp_program_disconnect(&kernel->program);
	if (twp_program_connect(&kernel->program, error))
		return -1;
	if (!read)
		return 0;
	if (twp_program_read(&kernel->program, error))
		return -1;
	if (twp_program_holds(&kernel->program, &kernel->image) &&
	    twp_program_agreed(&kernel->program) == kernel->generation)
		return 0;
	return twp_error_set(error, "generation %u is not read back as it was written",
			     kernel->generation);
}

static int program_step(struct agree_kernel *kernel, const struct world *world,
			struct twp_error *error)
{
	struct twp_compile_input input = world_input(world, kernel->generation);
	Twinpath__V1__Applied applied = TWINPATH__V1__APPLIED__INIT;
	struct twp_program_step step = { .rules = world->rules };
	struct twp_image image, copy;
	int failed;

	step.host_selected = twp_compile_selects_host(&input);
	step.image = &copy;
	twp_image_init(&image);
	twp_image_init(&copy);
	failed = twp_compile(&image, &input, &kernel->program.sizes, error);
	if (!failed && twp_image_copy(&copy, &image))
		failed = twp_error_set(error, "no memory");
	if (!failed)
		failed = twp_program_apply(&kernel->program, &step, &applied, error);
	twp_image_clean(&copy);
	twp_image_clean(failed ? &image : &kernel->image);
	if (!failed)
		kernel->image = image;
	return failed;
}

int agree_kernel_apply(struct agree_kernel *kernel, const struct world *world,
		       struct twp_error *error)
{
	unsigned int number = ++kernel->applied;

	*warning = '\0';
	if (plant(kernel, false, error))
		return -1;
	if (number % REBUILD_EVERY == 0 && reconnect(kernel, false, error))
		return -1;
	if (number % READ_EVERY == 0 && number % REBUILD_EVERY && reconnect(kernel, true, error))
		return -1;
	kernel->generation = twp_program_next(&kernel->program, kernel->generation);
	if (program_step(kernel, world, error))
		return -1;
	if (*warning)
		return twp_error_set(error, "%s", warning);
	return plant(kernel, true, error);
}

int agree_kernel_ask(struct agree_kernel *kernel, int side, const struct twp_flow *flow,
		     struct tables_answer *answer, struct twp_error *error)
{
	Twinpath__V1__ClassifyRequest request = TWINPATH__V1__CLASSIFY_REQUEST__INIT;
	Twinpath__V1__Tuple tuple = TWINPATH__V1__TUPLE__INIT;
	Twinpath__V1__Judgement *judgement;
	int failed = 0;

	tuple.client.data = (uint8_t *)flow->client.bytes;
	tuple.client.len = twp_address_length(&flow->client);
	tuple.server.data = (uint8_t *)flow->server.bytes;
	tuple.server.len = twp_address_length(&flow->server);
	tuple.protocol = flow->protocol;
	tuple.port = flow->port;
	tuple.client_local = flow->client_local;
	tuple.server_local = flow->server_local;
	request.tuple = &tuple;
	request.backend = side ? TWINPATH__V1__BACKEND__BACKEND_BPF :
				 TWINPATH__V1__BACKEND__BACKEND_NFT;
	judgement = twp_module_classify(kernel->program.module, &request, error);
	if (!judgement)
		return -1;
	*answer = (struct tables_answer){
		.of = kernel->program.side[side].ops->name,
		.verdict = (enum twp_verdict)judgement->verdict,
		.judgement = { .client = judgement->client, .server = judgement->server },
	};
	if (judgement->backend != request.backend || judgement->generation != kernel->generation)
		failed = twp_error_set(error, "%s was asked, backend %u answers of generation %u",
				       answer->of, judgement->backend, judgement->generation);
	else if (!judgement->egress || !judgement->ingress)
		failed = twp_error_set(error, "%s answers without a decision", answer->of);
	if (!failed) {
		answer->judgement.decision[TWP_EGRESS] =
			TWP_DECISION((uint32_t)judgement->egress->verdict, judgement->egress->rule);
		answer->judgement.decision[TWP_INGRESS] = TWP_DECISION(
			(uint32_t)judgement->ingress->verdict, judgement->ingress->rule);
	}
	twinpath__v1__judgement__free_unpacked(judgement, NULL);
	return failed;
}
