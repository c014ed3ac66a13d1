// SPDX-License-Identifier: GPL-2.0-only
/*
 * twinpathd: keeps what the kernel enforces equal to what was asked. Options,
 * the lock of the network namespace, signals, the loop.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "control/control.h"
#include "log.h"
#include "server.h"

#define STATE_FOLDER "/var/lib/twinpath"
#define PINS_FOLDER "/sys/fs/bpf/twinpath"

static const char help[] =
	"Usage: twinpathd [OPTION]...\n"
	"Enforces label policies in this network namespace, by the kernel module twinpath.\n"
	"\n"
	"      --foreground         stay in the foreground (always so)\n"
	"      --socket PATH        listen there for twinctl\n"
	"      --state FOLDER       keep endpoints and policies there\n"
	"      --pins FOLDER        pin BPF maps there, on a BPF file system\n"
	"      --size TABLE=NUMBER  entries that fit in a table: host, prefix or rules\n"
	"      --log-level LEVEL    error, warning, info or debug\n"
	"      --version            print the version and exit\n"
	"      --help               print this and exit\n";

enum option_id {
	FOREGROUND = 256,
	SOCKET,
	STATE,
	PINS,
	SIZE,
	LOG_LEVEL,
	VERSION,
	HELP,
};

static const struct option long_options[] = {
	{ "foreground", no_argument, NULL, FOREGROUND },
	{ "socket", required_argument, NULL, SOCKET },
	{ "state", required_argument, NULL, STATE },
	{ "pins", required_argument, NULL, PINS },
	{ "size", required_argument, NULL, SIZE },
	{ "log-level", required_argument, NULL, LOG_LEVEL },
	{ "version", no_argument, NULL, VERSION },
	{ "help", no_argument, NULL, HELP },
	{ 0 },
};

static const struct {
	const char *name;
	enum twp_table_id first, last;
} size_names[] = {
	{ "host", TWP_TABLE_HOST4, TWP_TABLE_HOST6 },
	{ "prefix", TWP_TABLE_PREFIX4, TWP_TABLE_PREFIX6 },
	{ "rules", TWP_TABLE_RULES, TWP_TABLE_RULES },
};

static int size_read(struct twp_sizes *sizes, const char *text)
{
	unsigned long long number;
	char *end;
	size_t i, table, length;

	for (i = 0; i < sizeof(size_names) / sizeof(size_names[0]); i++) {
		length = strlen(size_names[i].name);
		if (strncmp(text, size_names[i].name, length) || text[length] != '=')
			continue;
		text += length + 1;
		if (*text < '0' || *text > '9')
			return -1;
		errno = 0;
		number = strtoull(text, &end, 10);
		if (errno || *end || number < 1 || number > 1u << 28)
			return -1;
		for (table = size_names[i].first; table <= size_names[i].last; table++)
			sizes->size[table] = (uint32_t)number;
		return 0;
	}
	return -1;
}

/* The last one counts. */
static void text_set(char **to, const char *text)
{
	free(*to);
	*to = strdup(text);
}

/* Return: -1 to go on, or the exit status. */
static int options_read(struct twp_options *options, int argc, char **argv)
{
	int id;

	while ((id = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (id) {
		case FOREGROUND:
			break;
		case SOCKET:
			text_set(&options->socket, optarg);
			break;
		case STATE:
			text_set(&options->state, optarg);
			break;
		case PINS:
			text_set(&options->pins, optarg);
			break;
		case SIZE:
			if (!size_read(&options->sizes, optarg))
				break;
			fprintf(stderr,
				"twinpathd: --size %s: not host, prefix or rules with a "
				"number from 1 to 268435456\n",
				optarg);
			return 2;
		case LOG_LEVEL:
			if (!twp_log_level(optarg))
				break;
			fprintf(stderr,
				"twinpathd: --log-level %s: not error, warning, info or "
				"debug\n",
				optarg);
			return 2;
		case VERSION:
			puts("twinpathd " TWP_VERSION);
			return 0;
		case HELP:
			fputs(help, stdout);
			return 0;
		default:
			return 2;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "twinpathd: %s: no argument is taken\n", argv[optind]);
	return 2;
}

/* Of this network namespace; unlike its inode never given again before the machine is started anew. */
static uint64_t netns_cookie(void)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size))
		cookie = 0;
	close(fd);
	return cookie;
}

/*
 * What was not given. Outside the first network namespace the state goes beside
 * the socket: neither the namespace's inode, which names the folder, nor its
 * cookie outlives the machine's run, and so its state must not either. The
 * cookie keeps the next namespace of the same inode from finding it.
 */
static int options_fill(struct twp_options *options)
{
	struct stat own;
	bool first;

	options->folder = twp_control_folder();
	if (!options->folder)
		return -1;
	if (!options->socket && asprintf(&options->socket, "%s/control.sock", options->folder) < 0)
		return -1;
	first = !strcmp(options->folder, TWP_CONTROL_FOLDER);
	if (!options->state && first)
		options->state = strdup(STATE_FOLDER);
	else if (!options->state && asprintf(&options->state, "%s/state-%ju", options->folder,
					     (uintmax_t)netns_cookie()) < 0)
		return -1;
	if (!options->pins) {
		if (stat("/proc/self/ns/net", &own))
			own.st_ino = 0;
		if (asprintf(&options->pins, PINS_FOLDER "/%ju", (uintmax_t)own.st_ino) < 0)
			return -1;
	}
	return options->state ? 0 : -1;
}

static void options_clean(struct twp_options *options)
{
	free(options->socket);
	free(options->state);
	free(options->pins);
	free(options->folder);
}

/*
 * One daemon for a network namespace, whatever its socket is. The lock lies in a
 * folder of root's own, so that nobody else can hold it. It stays there: the
 * file is nothing, the lock on it goes with the process.
 *
 * Return: a file descriptor to keep, or -1.
 */
static int lock_take(struct twp_error *error)
{
	unsigned int tries;
	struct stat own;
	char path[128];
	int fd, failed;

	if (stat("/proc/self/ns/net", &own))
		return twp_error_set(error, "/proc/self/ns/net: %s", strerror(errno));
	snprintf(path, sizeof(path), TWP_CONTROL_FOLDER "/%ju.lock", (uintmax_t)own.st_ino);
	mkdir(TWP_CONTROL_FOLDER, 0755);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	/* One that was just killed may still be about to end. */
	for (tries = 0; (failed = flock(fd, LOCK_EX | LOCK_NB)) && tries < 50; tries++)
		usleep(20000);
	if (!failed)
		return fd;
	twp_error_set(error, "%s: %s", path,
		      errno == EWOULDBLOCK ? "another twinpathd runs in this network namespace" :
					     strerror(errno));
	close(fd);
	return -1;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *signal, void *context)
{
	struct twp_daemon *daemon = context;

	(void)source;
	(void)signal;
	sd_notify(0, "RELOADING=1");
	daemon->started = false;
	twp_daemon_mend(daemon);
	sd_notify(0, "READY=1");
	return 0;
}

static int signals_take(struct twp_daemon *daemon, struct twp_error *error)
{
	sigset_t set;
	int failed;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* A log that nobody reads any more is no reason to end. */
	signal(SIGPIPE, SIG_IGN);
	failed = sd_event_add_signal(daemon->event, NULL, SIGTERM, NULL, NULL);
	if (failed >= 0)
		failed = sd_event_add_signal(daemon->event, NULL, SIGINT, NULL, NULL);
	if (failed >= 0)
		failed = sd_event_add_signal(daemon->event, NULL, SIGHUP, on_reload, daemon);
	return failed < 0 ? twp_error_set(error, "signals: %s", strerror(-failed)) : 0;
}

static int run(struct twp_daemon *daemon, struct twp_error *error)
{
	int failed;

	if (signals_take(daemon, error))
		return -1;
	/* What the kernel enforces comes first, then who may ask. */
	twp_daemon_mend(daemon);
	daemon->server = twp_server_open(daemon, error);
	if (!daemon->server)
		return -1;
	sd_notify(0, "READY=1");
	twp_log(LOG_INFO, "%s listens at %s", TWP_VERSION, daemon->options->socket);
	failed = sd_event_loop(daemon->event);
	sd_notify(0, "STOPPING=1");
	if (failed < 0)
		return twp_error_set(error, "event loop: %s", strerror(-failed));
	return 0;
}

static int serve(const struct twp_options *options)
{
	struct twp_daemon daemon;
	struct twp_error error = { "" };
	int lock, failed;

	lock = lock_take(&error);
	if (lock < 0) {
		twp_log(LOG_ERR, "%s", error.text);
		return 1;
	}
	mkdir(options->folder, 0755);
	failed = twp_daemon_init(&daemon, options, &error);
	if (!failed)
		failed = run(&daemon, &error);
	if (failed)
		twp_log(LOG_ERR, "%s", error.text);
	twp_server_close(daemon.server);
	/* What enforces stays in the kernel. */
	twp_daemon_clean(&daemon);
	/* The folder of a namespace goes with it, unless somebody's state lies there. */
	if (strcmp(options->folder, TWP_CONTROL_FOLDER))
		rmdir(options->folder);
	close(lock);
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct twp_options options = { .sizes = twp_sizes_default };
	int status = options_read(&options, argc, argv);

	if (status < 0 && options_fill(&options)) {
		twp_log(LOG_ERR, "no memory");
		status = 1;
	}
	if (status < 0)
		status = serve(&options);
	options_clean(&options);
	return status;
}
