/* Network settings in the reference's notation: "10Mbps", "50ms", 0.01. */
#ifndef EXPERIMENT_NETWORK_H
#define EXPERIMENT_NETWORK_H

#include "lib/err.h"
#include "lib/json_out.h"

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stdint.h>

struct network {
	int64_t bandwidth_bits_per_s; /* 0: no limit; else 1,000 to 100,000,000,000 */
	double latency_ms;            /* one way; < 0: none given; else 0 to 60,000 */
	double packet_loss;           /* share of lost transfers; < 0: none given; else 0 to 0.9 */
};

/* "10Mbps", "1.5 Gbps", "800kbps", "9600bps": bits a second. */
bool network_parse_bandwidth(const char *text, int64_t *bits_per_s);
/* "50ms", "1.5s", "200us": milliseconds. */
bool network_parse_latency(const char *text, double *ms);
/*
 * The object network_settings (NULL: none).  What is wrong is added to e as details network_settings.MEMBER with an example of what is right; the result is for
 * err_collected().
 */
void network_parse(const struct json_object *settings, struct network *n, struct err *e);
/* The member "network" of a run's spec.json. */
void network_write(const struct network *n, struct json_out *j);

#endif
