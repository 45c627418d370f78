/*
 * The episodes that are under way, by rule and subject; whoever is in none has no entry.  A turn works on copies: they become what is only when the store has what came
 * of them (episodes_keep), and are forgotten otherwise (episodes_forget), so that a store that is busy loses no change and doubles none.
 */
#ifndef MONITOR_EPISODES_H
#define MONITOR_EPISODES_H

#include "platform/rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct entry {
	int64_t rule_id;
	char *service;         /* NULL: none */
	int64_t experiment_id; /* 0: none */
	struct episode is, next;
	int64_t alert_id, next_alert_id; /* of the open alert; 0: none */
	double value;          /* as the store has it */
	bool touched;          /* in this turn */
	bool open_in_store;    /* seen among the open alerts in this turn */
	struct entry *chain;
};

struct episodes;

struct episodes *episodes_new(void);
void episodes_free(struct episodes *t);
/* NULL when there is none. */
struct entry *episodes_find(struct episodes *t, int64_t rule_id, const char *service, int64_t experiment_id);
struct entry *episodes_add(struct episodes *t, int64_t rule_id, const char *service, int64_t experiment_id);
/* Before a turn: nothing is touched, next is what is. */
void episodes_begin(struct episodes *t);
/* What was prepared is true now; entries in no episode go. */
void episodes_keep(struct episodes *t);
void episodes_forget(struct episodes *t);
/* fn returns 0 to go on. */
int episodes_each(struct episodes *t, int (*fn)(void *arg, struct entry *x), void *arg);
/* Does any wait for its time, to open or to resolve? */
bool episodes_wait(const struct episodes *t);

#endif
