/* Network settings; see network.h. */
#include "config.h"

#include "experiment/network.h"

#include "lib/json_in.h"
#include "lib/mem.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BANDWIDTH_MIN 1e3
#define BANDWIDTH_MAX 1e11
#define LATENCY_MAX_MS 60000.0
#define LOSS_MAX 0.9 /* above, five tries a transfer lose more clients than they keep */

struct unit {
	const char *name;
	double factor;
};

/* A plain decimal number, spaces allowed, then one of the units. */
static bool parse_with_unit(const char *text, const struct unit *units, size_t n, double *v)
{
	char *end;
	size_t i;

	if (!isdigit((unsigned char)text[0]) || strpbrk(text, "xXeE"))
		return false;
	*v = strtod(text, &end);
	while (*end == ' ')
		end++;
	for (i = 0; i < n; i++) {
		if (strcmp(end, units[i].name) == 0) {
			*v *= units[i].factor;
			return isfinite(*v);
		}
	}
	return false;
}

bool network_parse_bandwidth(const char *text, int64_t *bits_per_s)
{
	static const struct unit units[] = {{"bps", 1}, {"kbps", 1e3}, {"Kbps", 1e3}, {"Mbps", 1e6}, {"Gbps", 1e9}};
	double v;

	if (!parse_with_unit(text, units, ARRAY_LEN(units), &v) || v < BANDWIDTH_MIN || v > BANDWIDTH_MAX)
		return false;
	*bits_per_s = (int64_t)v;
	return true;
}

bool network_parse_latency(const char *text, double *ms)
{
	static const struct unit units[] = {{"us", 1e-3}, {"ms", 1}, {"s", 1e3}};

	return parse_with_unit(text, units, ARRAY_LEN(units), ms) && *ms <= LATENCY_MAX_MS;
}

void network_parse(const struct json_object *settings, struct network *n, struct err *e)
{
	static const char *const names[] = {"bandwidth_limit", "latency", "packet_loss", NULL};
	const char *text;
	struct json_object *v;

	n->bandwidth_bits_per_s = 0;
	n->latency_ms = -1;
	n->packet_loss = -1;
	if (!settings)
		return;
	if (!json_object_is_type(settings, json_type_object)) {
		err_detail(e, "network_settings", "Must be an object such as {\"bandwidth_limit\":\"10Mbps\"}");
		return;
	}
	json_in_known(settings, names, "network_settings.", e);
	v = json_get(settings, "bandwidth_limit", NULL);
	if (v && !(json_get_string(settings, "bandwidth_limit", &text) && network_parse_bandwidth(text, &n->bandwidth_bits_per_s)))
		err_detail(e, "network_settings.bandwidth_limit", "Must be a rate between 1kbps and 100Gbps, such as \"10Mbps\"");
	v = json_get(settings, "latency", NULL);
	if (v && !(json_get_string(settings, "latency", &text) && network_parse_latency(text, &n->latency_ms)))
		err_detail(e, "network_settings.latency", "Must be a time between 0ms and 60s, such as \"50ms\"");
	v = json_get(settings, "packet_loss", NULL);
	if (v && !(json_in_double(v, &n->packet_loss) && n->packet_loss >= 0 && n->packet_loss <= LOSS_MAX))
		err_detail(e, "network_settings.packet_loss", "Must be a number between 0 and 0.9, such as 0.01");
}

void network_write(const struct network *n, struct json_out *j)
{
	json_object_begin(j, "network");
	if (n->bandwidth_bits_per_s > 0)
		json_put_i64(j, "bandwidth_bits_per_s", n->bandwidth_bits_per_s);
	else
		json_put_null(j, "bandwidth_bits_per_s");
	json_put_double(j, "latency_ms", n->latency_ms < 0 ? NAN : n->latency_ms);
	json_put_double(j, "packet_loss", n->packet_loss < 0 ? NAN : n->packet_loss);
	json_object_end(j);
}
