/*
 * What rules are asked about: services, experiments, the platform, as the store has them in one look.  A value is NAN where it cannot be said, also when it is older
 * than three intervals.
 */
#ifndef MONITOR_SUBJECTS_H
#define MONITOR_SUBJECTS_H

#include "lib/buf.h"
#include "lib/err.h"
#include "platform/rule.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* How long after its end a run still counts, so that one that ended while nobody looked is judged too; a failure counts longer, because it is what people look for. */
#define SUBJECT_RUN_AFTER_MS INT64_C(600000)
#define SUBJECT_FAILED_AFTER_MS INT64_C(86400000)

struct subject {
	enum rule_scope scope;
	char *service;         /* NULL unless of scope service */
	int64_t experiment_id; /* 0 unless of scope experiment */
	char *title;           /* for people */
	int64_t since_ms;      /* of what happens but once (a failure): when it did; else 0 */
	const void *seen;      /* subjects.c's own */
};

struct subjects;

struct subjects *subjects_new(void);
void subjects_free(struct subjects *s);

/* Of the platform itself, which the monitor measures. */
struct platform_seen {
	double monitor_lag_ms, store_used_percent;
};

/* Look again.  The list is good until the next look; after an error there is none. */
int subjects_look(struct subjects *s, struct store *st, const struct platform_seen *platform, int64_t now_ms, struct err *e);
size_t subjects_count(const struct subjects *s);
const struct subject *subjects_at(const struct subjects *s, size_t i);
/* NULL: it is not there (any more).  service NULL and experiment_id 0: the platform. */
const struct subject *subjects_find(const struct subjects *s, const char *service, int64_t experiment_id);
/* Does a look some time later see something else even when the store has not changed (a silence that grows)? */
bool subjects_move(const struct subjects *s);

double subject_value(const struct subject *s, const char *metric, int64_t now_ms);
/* What else is known, in words; nothing is added when nothing is. */
void subject_detail(const struct subject *s, const char *metric, int64_t now_ms, struct buf *out);
/* Has it anything to say to this metric, or is it over? */
bool subject_counts(const struct subject *s, const char *metric, int64_t now_ms);

#endif
