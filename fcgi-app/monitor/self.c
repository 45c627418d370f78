/* The dashboard's own metrics; see self.h. */
#include "config.h"

#include "monitor/self.h"

#include "lib/mem.h"
#include "store/experiment.h"
#include "store/round.h"

#include <stdio.h>
#include <string.h>

#define POSITION 1000000 /* after all others */

struct watched *self_new(void)
{
	struct watched *w = mem_alloc(sizeof(*w));
	struct service_config config = {.kind = PROBE_PROCESS, .enabled = true, .interval_ms = SELF_EVERY_MS, .failure_threshold = 1, .success_threshold = 1};

	snprintf(config.name, sizeof(config.name), SELF_NAME);
	w->self = true;
	watched_configure(w, &config, POSITION, 0);
	return w;
}

static int read_store(struct monitor *m, struct probe_result *r, struct err *e)
{
	int64_t counts[STATUS_MAX], active, clients, bytes;

	if (experiment_counts(m->store, counts, e) == -1 || experiment_active_count(m->store, &active, e) == -1 || client_count_active(m->store, &clients, e) == -1 ||
	    store_bytes(m->store, &bytes, e) == -1)
		return -1;
	probe_number(r, "experiments_active", (double)active);
	probe_number(r, "experiments_queued", (double)counts[STATUS_QUEUED]);
	probe_number(r, "active_clients", (double)clients);
	probe_number(r, "store_bytes", (double)bytes);
	probe_number(r, "wal_bytes", (double)store_wal_bytes(m->store));
	probe_number(r, "store_used_percent", 100.0 * (double)bytes / ((double)m->settings.retention_size_mb * 1e6));
	probe_number(r, "monitor_lag_ms", (double)m->lag_ms);
	return 0;
}

int self_measure(struct monitor *m, struct usage *u, struct watched *w)
{
	struct usage_reading usage;
	enum health_state previous;
	struct probe_result r;
	struct err e;

	probe_result_init(&r);
	if (!m->settings.real_time_metrics || read_store(m, &r, &e) == -1)
		return -1;
	usage_measure_own(u, &w->meter, m->mono_ms, &usage);
	watched_conclude(w, &r, &usage, true, m->now_ms, &previous);
	return 0;
}
