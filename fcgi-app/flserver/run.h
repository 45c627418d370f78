/*
 * One run on FLOPY-NET's fl_server: attached to the one that is there, or with one that is launched for it.  What the server cannot do is refused and never pretended:
 *
 * - pause is told when the round in progress is over and the next one is held back; resume when it is not held back any more, or only by a policy.
 * - stop holds the server back after the round in progress (its own stop, by a policy, leaves it unusable) and, where it was launched, ends it.
 * - abort ends a server that was launched.  One that was not cannot be: it is held back and left alone.
 * - A training that is over, or was stopped, is asked to restart; its yes alone means nothing, a round that begins does.
 */
#ifndef FLSERVER_RUN_H
#define FLSERVER_RUN_H

#include "flserver/spec.h"

/* In the run directory; returns the exit status. */
int run_main(const struct spec *spec);

#endif
