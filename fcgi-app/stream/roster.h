/*
 * Connections by token: how many there are at once, and which tokens to ask for again.  One place for each connection; places of the same token
 * share an entry.
 */
#ifndef STREAM_ROSTER_H
#define STREAM_ROSTER_H

#include "stream/authorize.h"

#include <stddef.h>
#include <stdint.h>

struct roster;
struct roster_entry;

/* limit: connections of one token; 0 for no limit. */
struct roster *roster_new(int64_t limit);
/* Every place must have been left. */
void roster_free(struct roster *r);
/* Is there a place for one more?  ERR_RATE when there is not. */
int roster_check(const struct roster *r, const struct visitor *v, struct err *e);
/* Take one.  ERR_RATE when all are taken. */
int roster_enter(struct roster *r, const struct visitor *v, struct roster_entry **out, struct err *e);
/* NULL is fine. */
void roster_leave(struct roster *r, struct roster_entry *entry);
/* Another entry each time, in turn: whom to ask for again; NULL when there is none. */
struct roster_entry *roster_turn(struct roster *r);
size_t roster_entries(const struct roster *r);
const struct visitor *roster_visitor(const struct roster_entry *entry);

#endif
