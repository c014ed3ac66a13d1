// SPDX-License-Identifier: GPL-2.0-only
/* One request to the daemon, one answer: what it refuses is said in its words. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/control.h"
#include "print.h"

int ctl_fail(const char *format, ...)
{
	va_list list;

	fputs("twinctl: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	return CTL_FAILED;
}

static int connect_to_daemon(const struct ctl_call *call)
{
	struct twp_error error;
	char *standard CTL_CLEAN(ctl_free) = call->socket ? NULL : twp_control_path();
	const char *path = call->socket ? call->socket : standard;

	if (!path)
		exit(ctl_fail("out of memory"));
	int fd = twp_control_connect(path, &error);
	if (fd < 0)
		ctl_fail("%s", error.text);
	return fd;
}

int ctl_open(const struct ctl_call *call, const Twinpath__V1__Request *request)
{
	size_t length = twinpath__v1__request__get_packed_size(request);
	struct twp_error error;
	uint8_t *bytes CTL_CLEAN(ctl_free) = NULL;

	int fd = connect_to_daemon(call);
	if (fd < 0)
		return -1;
	bytes = ctl_alloc(NULL, length, 1);
	twinpath__v1__request__pack(request, bytes);
	if (twp_control_send(fd, bytes, length, &error)) {
		ctl_fail("%s", error.text);
		close(fd);
		return -1;
	}
	return fd;
}

/* Several sentences come as one text. */
static void lines_fail(char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")))
		ctl_fail("%s", line);
}

Twinpath__V1__Response *ctl_receive(int fd, Twinpath__V1__Response__ResultCase expected)
{
	Twinpath__V1__Response *response;
	uint8_t *bytes CTL_CLEAN(ctl_free) = NULL;
	struct twp_error error;
	size_t length;
	int got = twp_control_receive(fd, &bytes, &length, &error);

	if (got <= 0) {
		ctl_fail("%s", got ? error.text : "the daemon hung up before it answered");
		return NULL;
	}
	response = twinpath__v1__response__unpack(NULL, length, bytes);
	if (!response) {
		ctl_fail("the daemon's answer of %zu bytes is no message of twinpath", length);
		return NULL;
	}
	if (*response->error)
		lines_fail(response->error);
	else if (response->result_case != expected)
		ctl_fail("the daemon answered something else than was asked: "
			 "is it of twinctl's version, %s?",
			 TWP_VERSION);
	else
		return response;
	twinpath__v1__response__free_unpacked(response, NULL);
	return NULL;
}

Twinpath__V1__Response *ctl_ask(const struct ctl_call *call, const Twinpath__V1__Request *request,
				Twinpath__V1__Response__ResultCase expected)
{
	int fd = ctl_open(call, request);

	if (fd < 0)
		return NULL;
	Twinpath__V1__Response *response = ctl_receive(fd, expected);
	close(fd);
	return response;
}

Twinpath__V1__Response *ctl_ask_status(const struct ctl_call *call)
{
	Twinpath__V1__StatusRequest status = TWINPATH__V1__STATUS_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;

	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_STATUS;
	request.status = &status;
	return ctl_ask(call, &request, TWINPATH__V1__RESPONSE__RESULT_STATUS);
}

int ctl_apply(const struct ctl_call *call, const Twinpath__V1__Request *request)
{
	Twinpath__V1__Response *response CTL_CLEAN(ctl_response_free) =
		ctl_ask(call, request, TWINPATH__V1__RESPONSE__RESULT_APPLIED);
	ctl_text compile, nft, bpf, commit;

	if (!response)
		return CTL_FAILED;
	const Twinpath__V1__Applied *applied = response->applied;
	if (call->json) {
		ctl_json_print(ctl_json(&applied->base), false);
		return CTL_DONE;
	}
	if (!applied->generation) {
		puts("kept, but not in force: see 'twinctl status'");
		return CTL_DONE;
	}
	printf("generation %u: %u entries added, %u removed, %u changed; "
	       "compile %s, nft %s, bpf %s, commit %s\n",
	       applied->generation, applied->added, applied->removed, applied->changed,
	       ctl_duration(compile, applied->compile_us * 1000),
	       ctl_duration(nft, applied->nft_us * 1000), ctl_duration(bpf, applied->bpf_us * 1000),
	       ctl_duration(commit, applied->commit_us * 1000));
	return CTL_DONE;
}
