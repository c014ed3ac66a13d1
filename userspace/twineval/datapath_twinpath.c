// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two backends of twinpath as datapaths: a daemon of the filter's namespace, and
 * documents that it is given by twinctl, as users do.
 */
#include "datapath_twinpath.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "datapath_filter.h"
#include "twinpath_documents.h"

#define WORDS 24

/* The daemon of the filter that is set up; there is one at a time. */
static struct {
	pid_t process;
	char socket[108];
	char pins[64];
} twinpathd;

/* ---- asking */

static int ask(char **output, struct twp_error *error, const char *const arguments[], size_t count)
{
	const char **argv = calloc(count + 5, sizeof(*argv));
	int result;

	if (!argv)
		return twp_error_set(error, "out of memory");
	argv[0] = "twinctl";
	argv[1] = "--socket";
	argv[2] = twinpathd.socket;
	argv[3] = "--json";
	memcpy(argv + 4, arguments, count * sizeof(*argv));
	result = command_run(NULL, NULL, output, error, argv);
	free(argv);
	return result;
}

int twinpath_control(char **output, struct twp_error *error, const char *format, ...)
{
	const char *words[WORDS];
	char line[1024], *rest = line;
	size_t count = 0;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(line))
		return twp_error_set(error, "a command of twinctl is longer than %zu bytes",
				     sizeof(line) - 1);
	for (char *word; (word = strsep(&rest, " "));) {
		if (!*word)
			continue;
		if (count == WORDS)
			return twp_error_set(error, "a command of twinctl has more than %d words",
					     WORDS);
		words[count++] = word;
	}
	return ask(output, error, words, count);
}

static json_t *ask_json(struct twp_error *error, const char *command)
{
	json_error_t wrong;
	char *text = NULL;
	json_t *json;

	if (twinpath_control(&text, error, "%s", command))
		return NULL;
	json = json_loads(text, 0, &wrong);
	if (!json)
		twp_error_set(error, "twinctl %s: %s", command, wrong.text);
	free(text);
	return json;
}

/* ---- the daemon */

static int daemon_ended(const struct datapath_filter *filter, struct twp_error *error)
{
	siginfo_t info = { 0 };
	char *log, *line, *end;

	if (waitid(P_PID, (id_t)twinpathd.process, &info, WEXITED | WNOHANG | WNOWAIT) ||
	    !info.si_pid)
		return 0;
	log = command_read_file(twinpath_file(filter, "twinpathd.log"), error);
	if (!log)
		return -1;
	end = log + strlen(log);
	while (end > log && end[-1] == '\n')
		*--end = '\0';
	line = strrchr(log, '\n');
	twp_error_set(error, "%s", line ? line + 1 : *log ? log : "twinpathd ended at once");
	free(log);
	return -1;
}

/* Tries are counted, not seconds, which leap in virtual time. */
static int daemon_wait(const struct datapath_filter *filter, struct twp_error *error)
{
	const struct timespec pause = { .tv_nsec = 20000000 };

	for (int tries = 0; tries < 1000; tries++) {
		if (!access(twinpathd.socket, F_OK) && !twinpath_control(NULL, error, "status"))
			return 0;
		if (daemon_ended(filter, error))
			return -1;
		nanosleep(&pause, NULL);
	}
	return twp_error_set(error, "twinpathd does not answer");
}

static int daemon_start(const struct datapath_filter *filter, struct twp_error *error)
{
	/* Room for a million entries and the flow's own rules. */
	const char *argv[] = { "twinpathd", "--socket", twinpathd.socket, "--state",
			       NULL,	    "--pins",	twinpathd.pins,	  "--log-level",
			       "warning",   "--size",	"rules=1010000",  NULL };
	char state[4096];

	snprintf(state, sizeof(state), "%s", twinpath_file(filter, "state"));
	argv[4] = state;
	if (snprintf(twinpathd.socket, sizeof(twinpathd.socket), "%s/socket", filter->folder) >=
	    (int)sizeof(twinpathd.socket))
		return twp_error_set(error, "%s: too long a path for a socket in it",
				     filter->folder);
	snprintf(twinpathd.pins, sizeof(twinpathd.pins), "/sys/fs/bpf/twineval-%d", (int)getpid());
	twinpathd.process = command_start(filter->place->filter_ns,
					  twinpath_file(filter, "twinpathd.log"), error, argv);
	if (twinpathd.process < 0) {
		twinpathd.process = 0;
		return -1;
	}
	return daemon_wait(filter, error);
}

/* ---- the datapath */

static int able(const struct datapath_filter *filter, struct twp_error *error)
{
	(void)filter;
	return access("/sys/module/twinpath", F_OK) ?
		       command_line(NULL, error, "modprobe twinpath") :
		       0;
}

/* Applies @own, if it is not NULL, and the policies from document @first on, in one request. */
static int apply(const struct datapath_filter *filter, unsigned int first, unsigned int changed,
		 const char *own, struct twp_error *error)
{
	const unsigned int documents = twinpath_documents(filter);
	const char **words = calloc(documents + 3, sizeof(*words));
	size_t count = 0, written;
	int result = 0;

	if (!words)
		return twp_error_set(error, "out of memory");
	words[count++] = "policy";
	words[count++] = "apply";
	if (own)
		words[count++] = own;
	written = count;
	for (unsigned int i = first; i < documents && !result; i++) {
		words[count] = strdup(twinpath_policy_file(filter, i));
		if (!words[count])
			result = twp_error_set(error, "out of memory");
		else
			result = twinpath_write_policy(filter, i, changed, error);
		count += words[count] != NULL;
	}
	if (!result)
		result = ask(NULL, error, words, count);
	while (count > written)
		free((char *)words[--count]);
	free(words);
	return result;
}

static int setup(const struct datapath_filter *filter, const char *backend, struct twp_error *error)
{
	char flow[4096];

	if (datapath_prepare(filter, false, error) || daemon_start(filter, error) ||
	    twinpath_write_endpoints(filter, error) || twinpath_write_flow(filter, error))
		return -1;
	snprintf(flow, sizeof(flow), "%s", twinpath_file(filter, "flow.json"));
	if (twinpath_control(NULL, error, "endpoint add --file %s",
			     twinpath_file(filter, "endpoints.json")) ||
	    apply(filter, 0, 0, flow, error) || twinpath_control(NULL, error, "mode set enforce") ||
	    twinpath_control(NULL, error, "backend set %s", backend))
		return -1;
	return 0;
}

static int nft_setup(const struct datapath_filter *filter, struct twp_error *error)
{
	return setup(filter, "nft", error);
}

static int bpf_setup(const struct datapath_filter *filter, struct twp_error *error)
{
	return setup(filter, "bpf", error);
}

static void teardown(const struct datapath_filter *filter)
{
	if (twinpathd.process) {
		twinpath_control(NULL, NULL, "mode set off");
		command_stop(twinpathd.process);
		command_line(NULL, NULL, "rm -rf %s", twinpathd.pins);
	}
	memset(&twinpathd, 0, sizeof(twinpathd));
	datapath_unprepare(filter);
}

static int hits(const struct datapath_filter *filter, uint64_t *packets, struct twp_error *error)
{
	json_t *json = ask_json(error, "counters"), *reason;
	size_t i;

	(void)filter;
	if (!json)
		return -1;
	*packets = 0;
	json_array_foreach(json_object_get(json, "reason"), i, reason)
	{
		*packets += (uint64_t)json_integer_value(json_object_get(reason, "packets"));
	}
	json_decref(json);
	return 0;
}

/* The policies of the last entries: each peer has one. */
static int change(const struct datapath_filter *filter, unsigned int changed, bool deny,
		  struct twp_error *error)
{
	const unsigned int documents = twinpath_documents(filter);

	/* The last entries lie in the last documents, or round the end in all of them. */
	if (changed >= documents || filter->entries % documents)
		return apply(filter, 0, deny ? 0 : changed, NULL, error);
	return apply(filter, documents - changed, deny ? 0 : changed, NULL, error);
}

static int memory(const char *key, uint64_t *bytes, struct twp_error *error)
{
	json_t *json = ask_json(error, "status"), *table;
	size_t i;

	if (!json)
		return -1;
	*bytes = 0;
	json_array_foreach(json_object_get(json, "table"), i, table) *bytes +=
		(uint64_t)json_integer_value(json_object_get(table, key));
	json_decref(json);
	return 0;
}

static int nft_memory(const struct datapath_filter *filter, uint64_t *bytes,
		      struct twp_error *error)
{
	(void)filter;
	return memory("nft_bytes", bytes, error);
}

static int bpf_memory(const struct datapath_filter *filter, uint64_t *bytes,
		      struct twp_error *error)
{
	(void)filter;
	return memory("bpf_bytes", bytes, error);
}

static const char *const tools[] = { "twinpathd", "twinctl", "nft", NULL };

#define SEMANTICS                                                                                  \
	"over conntrack: replies pass; each packet of the original direction is judged by the "    \
	"identities of both ends' labels, protocol and port, in egress of the client and ingress " \
	"of the server (four hash lookups; allow). What no rule allows is dropped, established "   \
	"or not. The flow's own rules come on top of the entries; entries beyond 1,000 are "       \
	"further ports of the 1,000 peers. It hooks what is forwarded, received and sent: on "     \
	"vxlan it judges the outer packets too, and where the server filters its replies come by."

#define TWINPATH(backend)                                                                         \
	{                                                                                         \
		.name = "twinpath-" #backend,                                                     \
		.semantics = "twinpath with backend " #backend ", " SEMANTICS,                    \
		.matches = "labels and ports", .stateful = true, .default_deny = true,            \
		.max_entries = 1000000, .tools = tools, .able = able, .setup = backend##_setup,   \
		.hits = hits, .change = change, .memory = backend##_memory, .teardown = teardown, \
	}

const struct datapath datapath_twinpath_nft = TWINPATH(nft);
const struct datapath datapath_twinpath_bpf = TWINPATH(bpf);
