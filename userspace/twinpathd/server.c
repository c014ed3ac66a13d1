// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket. Nothing here waits: a peer that does not read its answer
 * is hung up on, a monitor that does not keep up loses events.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/control.h"
#include "log.h"
#include "requests.h"
#include "server.h"

struct client {
	struct client *next;
	struct twp_server *server;
	sd_event_source *source;
	int fd;
	bool monitor;
	uint64_t lost; /* events, since the last that was sent */
	char who[64];
};

struct twp_server {
	struct twp_daemon *daemon;
	sd_event_source *source;
	int fd;
	struct client *client;
	unsigned int clients;
};

static void client_free(struct client *client)
{
	struct client **at = &client->server->client;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	client->server->clients--;
	sd_event_source_disable_unref(client->source);
	close(client->fd);
	free(client);
}

static int response_send(int fd, const Twinpath__V1__Response *response)
{
	size_t length = twinpath__v1__response__get_packed_size(response);
	uint8_t *bytes = malloc(length + 1);
	struct twp_error why;
	int failed, saved;

	if (!bytes)
		return -1;
	twinpath__v1__response__pack(response, bytes);
	failed = twp_control_send(fd, bytes, length, &why);
	saved = errno;
	free(bytes);
	if (failed && saved != EAGAIN)
		twp_log(LOG_DEBUG, "an answer is not sent: %s", why.text);
	errno = saved;
	return failed;
}

static int refuse(int fd, const char *why)
{
	Twinpath__V1__Response response = TWINPATH__V1__RESPONSE__INIT;

	response.error = (char *)why;
	return response_send(fd, &response);
}

static int on_request(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct client *client = context;
	Twinpath__V1__Response *response;
	struct twp_error why;
	uint8_t *bytes;
	size_t length;
	int got, failed;

	(void)source;
	(void)events;
	got = twp_control_receive(fd, &bytes, &length, &why);
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got < 0) {
		twp_log(LOG_DEBUG, "%s: %s", client->who, why.text);
		refuse(fd, why.text);
	}
	/* A monitor has nothing more to say. */
	if (got > 0 && client->monitor) {
		free(bytes);
		got = -1;
	}
	if (got <= 0) {
		client_free(client);
		return 0;
	}
	response = twp_request_answer(client->server->daemon, client->who, bytes, length,
				      &client->monitor);
	free(bytes);
	if (!response && client->monitor)
		return 0;
	failed = response ? response_send(fd, response) : -1;
	twinpath__v1__response__free_unpacked(response, NULL);
	if (failed)
		client_free(client);
	return 0;
}

static void who_is(int fd, char *who, size_t size)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length))
		snprintf(who, size, "somebody");
	else
		snprintf(who, size, "uid %u, pid %d", peer.uid, peer.pid);
}

/* The oldest connection but for monitors: requests are short, so it is one that says nothing. */
static void client_make_room(struct twp_server *server)
{
	struct client *client, *oldest = NULL;

	for (client = server->client; client; client = client->next)
		if (!client->monitor)
			oldest = client;
	if (oldest)
		client_free(oldest);
}

static int on_connect(sd_event_source *source, int listener, uint32_t events, void *context)
{
	struct twp_server *server = context;
	struct client *client;
	int fd;

	(void)source;
	(void)events;
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return 0;
	if (server->clients >= TWP_SERVER_CLIENTS)
		client_make_room(server);
	client = calloc(1, sizeof(*client));
	if (!client || server->clients >= TWP_SERVER_CLIENTS) {
		refuse(fd, "too many clients are connected");
		free(client);
		close(fd);
		return 0;
	}
	client->server = server;
	client->fd = fd;
	who_is(fd, client->who, sizeof(client->who));
	client->next = server->client;
	server->client = client;
	server->clients++;
	if (sd_event_add_io(server->daemon->event, &client->source, fd, EPOLLIN, on_request,
			    client) < 0)
		client_free(client);
	return 0;
}

/* Makes @path's folder, where it is below a folder that exists. */
static int folder_make(const char *path, struct twp_error *error)
{
	char *folder = strdup(path), *slash;
	int failed = 0;

	if (!folder)
		return twp_error_set(error, "no memory");
	for (slash = strchr(folder + 1, '/'); slash && !failed; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0755) && errno != EEXIST)
			failed = twp_error_set(error, "%s: %s", folder, strerror(errno));
		*slash = '/';
	}
	free(folder);
	return failed;
}

/* A socket that nobody listens at any more is taken away, and nothing else. */
static int stale_remove(const char *path, struct twp_error *error)
{
	struct stat status;
	int fd;

	if (lstat(path, &status))
		return 0;
	if (!S_ISSOCK(status.st_mode))
		return twp_error_set(error, "%s is there, and is no socket", path);
	fd = twp_control_connect(path, NULL);
	if (fd >= 0) {
		close(fd);
		return twp_error_set(error, "%s: another daemon listens there", path);
	}
	if (unlink(path))
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	return 0;
}

static int listen_at(const char *path, struct twp_error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct group *group;
	mode_t mask;
	int fd, failed;

	if (strlen(path) >= sizeof(address.sun_path))
		return twp_error_set(error, "%s: longer than a socket's name may be", path);
	strcpy(address.sun_path, path);
	if (folder_make(path, error) || stale_remove(path, error))
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return twp_error_set(error, "socket: %s", strerror(errno));
	/* Never, not even for a moment, open to more than it will be. */
	mask = umask(0177);
	failed = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (!failed) {
		group = getgrnam(TWP_SERVER_GROUP);
		if (group && chown(path, (uid_t)-1, group->gr_gid))
			twp_log(LOG_WARNING, "%s: group %s: %s", path, TWP_SERVER_GROUP,
				strerror(errno));
		failed = chmod(path, 0660) || listen(fd, 64);
	}
	if (!failed)
		return fd;
	twp_error_set(error, "%s: %s", path, strerror(errno));
	close(fd);
	return -1;
}

struct twp_server *twp_server_open(struct twp_daemon *daemon, struct twp_error *error)
{
	struct twp_server *server = calloc(1, sizeof(*server));
	int failed;

	if (!server) {
		twp_error_set(error, "no memory");
		return NULL;
	}
	server->daemon = daemon;
	server->fd = listen_at(daemon->options->socket, error);
	if (server->fd < 0) {
		free(server);
		return NULL;
	}
	failed = sd_event_add_io(daemon->event, &server->source, server->fd, EPOLLIN, on_connect,
				 server);
	if (failed < 0) {
		twp_error_set(error, "event loop: %s", strerror(-failed));
		twp_server_close(server);
		return NULL;
	}
	return server;
}

void twp_server_close(struct twp_server *server)
{
	if (!server)
		return;
	while (server->client)
		client_free(server->client);
	sd_event_source_disable_unref(server->source);
	close(server->fd);
	unlink(server->daemon->options->socket);
	free(server);
}

bool twp_server_has_monitors(const struct twp_server *server)
{
	const struct client *client;

	for (client = server ? server->client : NULL; client; client = client->next)
		if (client->monitor)
			return true;
	return false;
}

void twp_server_tell(struct twp_server *server, Twinpath__V1__NamedEvent *event)
{
	Twinpath__V1__Response response = TWINPATH__V1__RESPONSE__INIT;
	const uint64_t lost = event->event->lost;
	struct client *client, *next;

	response.result_case = TWINPATH__V1__RESPONSE__RESULT_EVENT;
	response.event = event;
	for (client = server->client; client; client = next) {
		next = client->next;
		if (!client->monitor)
			continue;
		event->event->lost = lost + client->lost;
		if (!response_send(client->fd, &response))
			client->lost = 0;
		else if (errno == EAGAIN || errno == ENOBUFS)
			client->lost += lost + 1;
		else
			client_free(client);
	}
	event->event->lost = lost;
}
