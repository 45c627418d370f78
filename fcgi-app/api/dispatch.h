/*
 * The funnel that every request goes through: a list of named steps (dispatch.c), each of which lets it pass, answers it, or refuses it.
 * Nothing in here knows FastCGI; tests call it with a struct wire made by hand.
 */
#ifndef API_DISPATCH_H
#define API_DISPATCH_H

#include "api/request.h"
#include "api/wire.h"

/* Open what a worker needs besides conf, catalog and shared, which the caller has set.  A store that does not open is tried again later. */
int dispatch_open(struct app *app, struct err *e);
void dispatch_close(struct app *app);

/* Answer w into r (whatever r held before is gone; its memory is used again).  True when only the head is to be sent. */
bool dispatch(struct app *app, const struct wire *w, struct response *r);
/* After sending: large memory and files of the answer are let go. */
void dispatch_done(struct response *r);

#endif
