/* The loop's turn and what all parts share; see monitor.h. */
#include "config.h"

#include "monitor/monitor.h"

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "monitor/alerts.h"
#include "monitor/engines.h"
#include "monitor/notify.h"
#include "monitor/policies.h"
#include "monitor/queue.h"
#include "monitor/runs.h"
#include "monitor/samples.h"
#include "monitor/upkeep.h"
#include "monitor/watch.h"
#include "store/configuration.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LOCK_WAIT_MS 3000          /* for a predecessor that is just leaving */
#define TROUBLE_LOG_EVERY_MS 5000
#define WRITE_AGAIN_MS 100         /* after the store was busy or full */
#define BUSY_WAIT_MS 500           /* for the store's lock: the beat must not stop while someone else writes */

const struct monitor_part *const monitor_parts[] = {&part_runs, &part_queue, &part_engines, &part_policies, &part_upkeep, &part_watch, &part_samples, &part_alerts, &part_notify, NULL};

/* Two monitors would start every engine twice. */
static int lock(struct monitor *m, struct err *e)
{
	char *path = file_join(m->conf->state, "monitor.lock");
	int64_t until = clock_mono_ms() + LOCK_WAIT_MS;
	int rc = -1;

	m->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (m->lock_fd == -1)
		err_set(e, ERR_INTERNAL, "cannot open %s: %s", path, strerror(errno));
	while (m->lock_fd != -1 && (rc = flock(m->lock_fd, LOCK_EX | LOCK_NB)) == -1 && clock_mono_ms() < until)
		usleep(20000);
	if (m->lock_fd != -1 && rc == -1)
		err_set(e, ERR_CONFLICT, "another monitor is running on %s", m->conf->state);
	free(path);
	return rc;
}

static int open_shared(struct monitor *m, struct err *e)
{
	char *path = file_join(m->conf->state, "shared.bin");
	int rc = shared_open(&m->shared, path, e);

	free(path);
	return rc;
}

int monitor_open(struct monitor *m, const struct conf *conf, struct err *e)
{
	size_t i;

	memset(m, 0, sizeof(*m));
	m->conf = conf;
	m->lock_fd = -1;
	m->wake_fd = -1;
	m->version = -1;
	if (lock(m, e) == -1 || open_shared(m, e) == -1 || catalog_load(&m->catalog, conf->engines, conf->scenarios, e) == -1 ||
	    file_make_dirs(conf->runs, 0700, e) == -1) {
		monitor_close(m);
		return -1;
	}
	upkeep_check_begin(m);
	if (store_open(&m->store, conf->store, STORE_CHECKPOINTER, e) == -1) {
		monitor_close(m);
		return -1;
	}
	store_set_patience(m->store, BUSY_WAIT_MS);
	settings_read(NULL, &m->settings);
	for (i = 0; monitor_parts[i]; i++) {
		if (monitor_parts[i]->open && monitor_parts[i]->open(m, e) == -1) {
			monitor_close(m);
			return -1;
		}
	}
	return 0;
}

void monitor_close(struct monitor *m)
{
	size_t i;

	for (i = 0; monitor_parts[i]; i++)
		if (monitor_parts[i]->close)
			monitor_parts[i]->close(m);
	store_close(m->store);
	m->store = NULL;
	catalog_clear(&m->catalog);
	if (m->shared)
		shared_close(m->shared);
	m->shared = NULL;
	if (m->lock_fd != -1)
		close(m->lock_fd);
	m->lock_fd = -1;
}

bool monitor_may_write(const struct monitor *m)
{
	return m->mono_ms >= m->write_mono_ms;
}

void monitor_trouble(struct monitor *m, const char *what, const struct err *e)
{
	if (e->code == ERR_BUSY || e->code == ERR_FULL)
		m->write_mono_ms = m->mono_ms + WRITE_AGAIN_MS;
	if (m->trouble_logged_mono_ms && m->mono_ms - m->trouble_logged_mono_ms < TROUBLE_LOG_EVERY_MS)
		return;
	m->trouble_logged_mono_ms = m->mono_ms;
	log_warning("%s, will be tried again: %s", what, e->msg);
}

static void read_settings(struct monitor *m)
{
	struct config_entry config;
	struct err e;

	if (config_current(m->store, &config, &e) == -1) {
		monitor_trouble(m, "the configuration cannot be read", &e);
		return;
	}
	settings_read(config.document, &m->settings);
	config_entry_clear(&config);
}

void monitor_turn(struct monitor *m)
{
	int64_t version = store_version(m->store);
	size_t i;

	m->changed = version != m->version;
	m->version = version;
	shared_beat(m->shared, SHARED_BEAT_MONITOR, m->now_ms);
	if (m->changed)
		read_settings(m);
	for (i = 0; monitor_parts[i]; i++)
		if (m->mono_ms >= m->due_mono_ms[i] || m->phase != MONITOR_RUNNING || (m->changed && monitor_parts[i]->on_change))
			m->due_mono_ms[i] = monitor_parts[i]->turn(m);
}

void monitor_reload(struct monitor *m)
{
	struct catalog fresh;
	struct err e;

	if (catalog_load(&fresh, m->conf->engines, m->conf->scenarios, &e) == -1) {
		log_error("engines and scenarios were not read again: %s", e.msg);
		return;
	}
	catalog_clear(&m->catalog);
	m->catalog = fresh;
	m->reloads++;
	memset(m->due_mono_ms, 0, sizeof(m->due_mono_ms));
	log_info("engines and scenarios were read again engines=%zu scenarios=%zu", fresh.engines_n, fresh.scenarios_n);
}

bool monitor_ended(const struct monitor *m)
{
	return m->phase == MONITOR_LEAVING || (m->phase == MONITOR_ENDING && runs_none_left(m));
}
