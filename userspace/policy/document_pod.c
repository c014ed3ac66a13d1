// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader of Pods: labels, addresses, named ports. What else Kubernetes knows
 * of a Pod is passed over, by its name, so that a misspelt field is found.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "document_parts.h"
#include "memory.h"

struct pod {
	struct twp_endpoint endpoint;
	struct twp_metadata metadata;
	bool host_network, over;
	bool full; /* there were more addresses than there may be, and that was said */
};

struct port_item {
	char *name;
	uint16_t port;
	uint8_t protocol;
};

static int port_name_read(struct twp_source *source, void *into)
{
	return twp_kubernetes_port_name_read(source, &((struct port_item *)into)->name);
}

static int container_port_read(struct twp_source *source, void *into)
{
	return twp_port_number_read(source, 1, &((struct port_item *)into)->port);
}

static int protocol_read(struct twp_source *source, void *into)
{
	return twp_port_protocol_read(source, &((struct port_item *)into)->protocol);
}

static const struct twp_field port_fields[] = {
	{ "name", port_name_read, NULL },     { "containerPort", container_port_read, NULL },
	{ "protocol", protocol_read, NULL },  { "hostPort", twp_ignored_read, NULL },
	{ "hostIP", twp_ignored_read, NULL }, { 0 },
};
static const struct twp_mapping port_mapping = { "a port of a container", port_fields, true };

static int port_read(struct twp_source *source, void *into)
{
	struct port_item item = { .protocol = IPPROTO_TCP };
	size_t place = source->event.offset;
	struct pod *pod = into;
	struct twp_error fault;
	int failed = twp_mapping_read(source, &port_mapping, &item);

	if (!failed && !item.port)
		failed = twp_source_fail(source, place, "field \"containerPort\" is missing");
	else if (!failed && item.name &&
		 twp_endpoint_add_port(&pod->endpoint, item.name, item.protocol, item.port, &fault))
		failed = twp_source_fail(source, place, "%s", fault.text);
	free(item.name);
	return failed;
}

static int ports_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "ports", port_read, into);
}

#define IGNORED(name)                        \
	{                                    \
		name, twp_ignored_read, NULL \
	}

static const struct twp_field container_fields[] = {
	{ "ports", ports_read, NULL },
	IGNORED("name"),
	IGNORED("image"),
	IGNORED("imagePullPolicy"),
	IGNORED("command"),
	IGNORED("args"),
	IGNORED("workingDir"),
	IGNORED("env"),
	IGNORED("envFrom"),
	IGNORED("resources"),
	IGNORED("resizePolicy"),
	IGNORED("restartPolicy"),
	IGNORED("restartPolicyRules"),
	IGNORED("volumeMounts"),
	IGNORED("volumeDevices"),
	IGNORED("livenessProbe"),
	IGNORED("readinessProbe"),
	IGNORED("startupProbe"),
	IGNORED("lifecycle"),
	IGNORED("terminationMessagePath"),
	IGNORED("terminationMessagePolicy"),
	IGNORED("securityContext"),
	IGNORED("stdin"),
	IGNORED("stdinOnce"),
	IGNORED("tty"),
	{ 0 },
};
static const struct twp_mapping container = { "a container", container_fields, true };

static int container_read(struct twp_source *source, void *into)
{
	return twp_mapping_read(source, &container, into);
}

static int containers_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "containers", container_read, into);
}

static int host_network_read(struct twp_source *source, void *into)
{
	return twp_bool_read(source, "hostNetwork", &((struct pod *)into)->host_network);
}

static const struct twp_field spec_fields[] = {
	{ "containers", containers_read, NULL },
	{ "initContainers", containers_read, NULL },
	{ "hostNetwork", host_network_read, NULL },
	IGNORED("activeDeadlineSeconds"),
	IGNORED("affinity"),
	IGNORED("automountServiceAccountToken"),
	IGNORED("dnsConfig"),
	IGNORED("dnsPolicy"),
	IGNORED("enableServiceLinks"),
	IGNORED("ephemeralContainers"),
	IGNORED("hostAliases"),
	IGNORED("hostIPC"),
	IGNORED("hostPID"),
	IGNORED("hostUsers"),
	IGNORED("hostname"),
	IGNORED("hostnameOverride"),
	IGNORED("imagePullSecrets"),
	IGNORED("nodeName"),
	IGNORED("nodeSelector"),
	IGNORED("os"),
	IGNORED("overhead"),
	IGNORED("preemptionPolicy"),
	IGNORED("priority"),
	IGNORED("priorityClassName"),
	IGNORED("readinessGates"),
	IGNORED("resourceClaims"),
	IGNORED("resources"),
	IGNORED("restartPolicy"),
	IGNORED("runtimeClassName"),
	IGNORED("schedulerName"),
	IGNORED("schedulingGates"),
	IGNORED("securityContext"),
	IGNORED("serviceAccount"),
	IGNORED("serviceAccountName"),
	IGNORED("setHostnameAsFQDN"),
	IGNORED("shareProcessNamespace"),
	IGNORED("subdomain"),
	IGNORED("terminationGracePeriodSeconds"),
	IGNORED("tolerations"),
	IGNORED("topologySpreadConstraints"),
	IGNORED("volumes"),
	{ 0 },
};
static const struct twp_mapping spec = { "the spec of a Pod", spec_fields, true };

static int spec_read(struct twp_source *source, void *into)
{
	return twp_mapping_read(source, &spec, into);
}

static int address_parse(struct twp_source *source, struct twp_address *address)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (source->event.type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "an address", "a text");
	if (source->event.length < sizeof(text))
		memcpy(text, source->event.text, source->event.length);
	if (twp_address_parse(address, text))
		return twp_source_fail(source, source->event.offset,
				       "%s is no IPv4 or IPv6 address",
				       twp_quote_event(&source->event).text);
	return 0;
}

static int address_take(struct twp_source *source, struct pod *pod)
{
	struct twp_endpoint *endpoint = &pod->endpoint;
	struct twp_address address, *array;

	if (pod->full)
		return 0;
	if (address_parse(source, &address))
		return -1;
	for (size_t i = 0; i < endpoint->addresses; i++)
		if (!twp_address_compare(&endpoint->address[i], &address))
			return 0;
	/* At once: a list is as long as its document. */
	if (endpoint->addresses == TWP_ENDPOINT_ADDRESSES_MAX) {
		pod->full = true;
		return twp_source_fail(source, source->event.offset,
				       "a Pod has more than %d addresses",
				       TWP_ENDPOINT_ADDRESSES_MAX);
	}
	array = twp_array_grow(endpoint->address, endpoint->addresses, sizeof(*array));
	if (!array)
		return twp_document_no_memory(source);
	endpoint->address = array;
	array[endpoint->addresses++] = address;
	return 0;
}

static int pod_ip_read(struct twp_source *source, void *into)
{
	/* A Pod that waits may say it is "". */
	if (source->event.type == TWP_EVENT_SCALAR && !source->event.length)
		return 0;
	return address_take(source, into);
}

static const struct twp_field ip_fields[] = {
	{ "ip", pod_ip_read, NULL },
	{ 0 },
};
static const struct twp_mapping ip_mapping = { "an item of podIPs", ip_fields, true };

static int listed_ip_read(struct twp_source *source, void *into)
{
	return twp_mapping_read(source, &ip_mapping, into);
}

static int pod_ips_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "podIPs", listed_ip_read, into);
}

/* What has ended keeps its address, which another may have by now. */
static int phase_read(struct twp_source *source, void *into)
{
	static const char *const phases[] = { "Succeeded", "Failed",  "Pending",
					      "Running",   "Unknown", "" };
	const struct twp_event *event = &source->event;

	if (event->type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "phase", "a name");
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		if (!twp_event_is(event, phases[i]))
			continue;
		((struct pod *)into)->over = i < 2;
		return 0;
	}
	return twp_source_fail(source, event->offset,
			       "phase %s is unknown; Pending, Running, Succeeded, Failed, Unknown "
			       "are known",
			       twp_quote_event(event).text);
}

static const struct twp_field status_fields[] = {
	{ "podIP", pod_ip_read, NULL },
	{ "podIPs", pod_ips_read, NULL },
	{ "phase", phase_read, NULL },
	IGNORED("allocatedResources"),
	IGNORED("conditions"),
	IGNORED("containerStatuses"),
	IGNORED("ephemeralContainerStatuses"),
	IGNORED("extendedResourceClaimStatus"),
	IGNORED("hostIP"),
	IGNORED("hostIPs"),
	IGNORED("initContainerStatuses"),
	IGNORED("message"),
	IGNORED("nominatedNodeName"),
	IGNORED("observedGeneration"),
	IGNORED("qosClass"),
	IGNORED("reason"),
	IGNORED("resize"),
	IGNORED("resourceClaimStatuses"),
	IGNORED("resources"),
	IGNORED("startTime"),
	{ 0 },
};
static const struct twp_mapping status = { "the status of a Pod", status_fields, true };

static int status_read(struct twp_source *source, void *into)
{
	return twp_mapping_read(source, &status, into);
}

static int metadata_read(struct twp_source *source, void *into)
{
	struct pod *pod = into;

	pod->metadata.place = source->event.offset;
	return twp_mapping_read(source, &twp_metadata_mapping, &pod->metadata);
}

static const struct twp_field pod_fields[] = {
	{ "apiVersion", twp_ignored_read, NULL }, { "kind", twp_ignored_read, NULL },
	{ "metadata", metadata_read, NULL },	  { "spec", spec_read, NULL },
	{ "status", status_read, NULL },	  { 0 },
};
static const struct twp_mapping pod_mapping = { "a Pod", pod_fields, true };

static void pod_clean(struct pod *pod)
{
	twp_endpoint_clean(&pod->endpoint);
	twp_metadata_clean(&pod->metadata);
}

/* A Pod of the host's network is the host, and one that has ended is nobody. */
int twp_pod_object_read(struct twp_source *source, struct twp_reader *reader)
{
	TWP_CLEANUP(pod_clean) struct pod pod = { 0 };
	size_t place = source->event.offset;
	struct twp_endpoint *endpoint = &pod.endpoint;

	if (twp_mapping_read(source, &pod_mapping, &pod) ||
	    twp_metadata_check(source, &pod.metadata, "Pod"))
		return -1;
	if (pod.host_network || pod.over)
		return 0;
	endpoint->name = pod.metadata.name;
	endpoint->namespace = pod.metadata.namespace ?: strdup(TWP_NAMESPACE_DEFAULT);
	endpoint->labels = pod.metadata.labels;
	pod.metadata = (struct twp_metadata){ 0 };
	if (!endpoint->namespace)
		return twp_document_no_memory(source);
	return twp_endpoint_add(source, reader, place, endpoint);
}
