/* What to train; see spec.h. */
#include "config.h"

#include "engine/spec.h"

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/json_in.h"
#include "lib/mem.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SPEC_BYTES_MAX 1048576u

#define AT(member) offsetof(struct spec, member)

const struct spec_member spec_members[] = {
	{"dataset", SPEC_STRING, AT(dataset), 0, 0, 0, {"mnist", "fashion_mnist"}},
	{"model", SPEC_STRING, AT(model), 0, 0, 0, {"mlp", "softmax", "logreg", "cnn"}},
	{"rounds", SPEC_INTEGER, AT(rounds), 1, 100, 20, {NULL}},
	{"clients", SPEC_INTEGER, AT(clients), 1, 200, 5, {NULL}},
	{"clients_per_round", SPEC_INTEGER, AT(clients_per_round), 1, 200, 3, {NULL}},
	{"local_epochs", SPEC_INTEGER, AT(local_epochs), 1, 100, 1, {NULL}},
	{"learning_rate", SPEC_NUMBER, AT(learning_rate), 0.000001, 10, 0.05, {NULL}},
	{"batch_size", SPEC_INTEGER, AT(batch_size), 1, 1024, 32, {NULL}},
	{"partition", SPEC_STRING, AT(partition), 0, 0, 0, {"iid", "dirichlet"}},
	{"alpha", SPEC_NUMBER, AT(alpha), 0.01, 100, 0.3, {NULL}},
	{"seed", SPEC_INTEGER, AT(seed), 0, 2147483647, 1, {NULL}},
	{"train_samples", SPEC_INTEGER, AT(train_samples), 100, 60000, 60000, {NULL}},
};
const size_t spec_members_n = ARRAY_LEN(spec_members);

static void *place(struct spec *s, const struct spec_member *m)
{
	return (char *)s + m->offset;
}

static bool allowed(const struct spec_member *m, const char *value)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(m->values) && m->values[i]; i++)
		if (strcmp(m->values[i], value) == 0)
			return true;
	return false;
}

static void set_default(struct spec *s, const struct spec_member *m)
{
	switch (m->type) {
	case SPEC_STRING:
		snprintf(place(s, m), SPEC_TEXT_MAX, "%s", m->values[0]);
		break;
	case SPEC_INTEGER:
		*(int64_t *)place(s, m) = (int64_t)m->initial;
		break;
	default:
		*(double *)place(s, m) = m->initial;
	}
}

static void take_member(struct spec *s, const struct spec_member *m, const struct json_object *configuration, struct err *e)
{
	const char *text;
	int64_t i;
	double d;
	bool present;

	set_default(s, m);
	if (!json_get(configuration, m->name, &present) && !present)
		return;
	switch (m->type) {
	case SPEC_STRING:
		if (json_get_string(configuration, m->name, &text) && allowed(m, text))
			snprintf(place(s, m), SPEC_TEXT_MAX, "%s", text);
		else
			err_detail(e, m->name, "is not one of the values that this engine knows");
		break;
	case SPEC_INTEGER:
		if (json_get_i64(configuration, m->name, &i) && i >= (int64_t)m->min && i <= (int64_t)m->max)
			*(int64_t *)place(s, m) = i;
		else
			err_detail(e, m->name, "must be an integer between %.0f and %.0f", m->min, m->max);
		break;
	default:
		if (json_get_double(configuration, m->name, &d) && d >= m->min && d <= m->max)
			*(double *)place(s, m) = d;
		else
			err_detail(e, m->name, "must be a number between %g and %g", m->min, m->max);
	}
}

static void take_configuration(struct spec *s, const struct json_object *configuration, struct err *e)
{
	const char *names[ARRAY_LEN(spec_members) + 1] = {NULL};
	size_t i;

	for (i = 0; i < spec_members_n; i++) {
		names[i] = spec_members[i].name;
		take_member(s, &spec_members[i], configuration, e);
	}
	json_in_known(configuration, names, "", e);
	if (s->clients_per_round > s->clients)
		err_detail(e, "clients_per_round", "must not be greater than clients");
	if (s->clients > s->train_samples)
		err_detail(e, "clients", "must not be greater than train_samples");
}

/* Absent and null are "no limit". */
static void take_limit(const struct json_object *network, const char *name, double min, double max, double *out, struct err *e)
{
	double d;

	if (!json_get(network, name, NULL))
		return;
	if (json_get_double(network, name, &d) && d >= min && d <= max)
		*out = d;
	else
		err_detail(e, name, "must be a number between %g and %g", min, max);
}

static void take_network(struct spec *s, struct json_object *network, struct err *e)
{
	static const char *const known[] = {"bandwidth_bits_per_s", "latency_ms", "packet_loss"};
	struct json_object_iterator it, end;
	size_t i;

	if (!network)
		return;
	if (!json_object_is_type(network, json_type_object)) {
		err_detail(e, "network", "must be an object");
		return;
	}
	take_limit(network, known[0], 1, 1e15, &s->network.bandwidth_bits_per_s, e);
	take_limit(network, known[1], 0, 3600000, &s->network.latency_ms, e);
	take_limit(network, known[2], 0, 1, &s->network.packet_loss, e);
	it = json_object_iter_begin(network);
	end = json_object_iter_end(network);
	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		const char *name = json_object_iter_peek_name(&it);
		size_t used = strlen(s->not_applied);

		for (i = 0; i < ARRAY_LEN(known) && strcmp(known[i], name) != 0; i++)
			;
		if (i == ARRAY_LEN(known) && json_object_iter_peek_value(&it) && used + strlen(name) + 2 < sizeof(s->not_applied))
			snprintf(s->not_applied + used, sizeof(s->not_applied) - used, "%s%s", used ? " " : "", name);
	}
}

static void take_resources(struct spec *s, const struct json_object *resources, struct err *e)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t threads = cpus < 1 ? 1 : cpus > 8 ? 8 : cpus;

	if (json_get(resources, "threads", NULL) && (!json_get_i64(resources, "threads", &threads) || threads < 1 || threads > SPEC_THREADS_MAX)) {
		err_detail(e, "threads", "must be an integer between 1 and %d", SPEC_THREADS_MAX);
		threads = 1;
	}
	s->threads = (unsigned)threads;
}

/* The details in one sentence: an engine's error is one line. */
static int refuse(struct err *e)
{
	struct buf b = {0};
	size_t i;

	for (i = 0; i < e->details_n; i++)
		buf_addf(&b, "%s%s %s", i ? "; " : "", e->details[i].field, e->details[i].text);
	err_set(e, ERR_INVALID, "spec.json: %s", buf_str(&b));
	buf_clear(&b);
	return -1;
}

int spec_parse(struct spec *s, const char *text, size_t len, struct err *e)
{
	struct json_object *root = NULL, *configuration, *policies;
	int64_t protocol;
	int rc = -1;

	memset(s, 0, sizeof(*s));
	err_clear(e);
	if (json_in_parse_object(text, len, &root, e) == -1)
		goto out;
	if (!json_get_i64(root, "protocol", &protocol) || protocol != 1) {
		err_set(e, ERR_INVALID, "spec.json: this engine speaks protocol 1");
		goto out;
	}
	configuration = json_get(root, "configuration", NULL);
	if (!configuration || !json_object_is_type(configuration, json_type_object)) {
		err_set(e, ERR_INVALID, "spec.json: configuration must be an object");
		goto out;
	}
	take_configuration(s, configuration, e);
	take_network(s, json_get(root, "network", NULL), e);
	take_resources(s, json_get(root, "resources", NULL), e);
	policies = json_get(root, "policies", NULL);
	if (policies && json_object_is_type(policies, json_type_array))
		s->policies_n = json_object_array_length(policies);
	rc = e->details_n ? refuse(e) : 0;
out:
	json_object_put(root);
	return rc;
}

int spec_load(struct spec *s, const char *path, struct err *e)
{
	struct buf b = {0};
	int rc;

	memset(s, 0, sizeof(*s));
	rc = file_read(path, SPEC_BYTES_MAX, &b, e);
	if (rc == 0)
		rc = spec_parse(s, buf_str(&b), b.len, e);
	buf_clear(&b);
	return rc;
}
