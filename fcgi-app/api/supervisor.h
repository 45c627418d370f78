/*
 * The parent of the workers.  It serves nothing itself; it sees to it that enough workers do:
 *
 * - one that ended is replaced at once, or after a growing pause when it ended before it was ready;
 * - one that is longer at a request than [api] request_timeout_s is killed and replaced;
 * - SIGTERM, SIGINT: workers finish what they are at and end, then so does it;
 * - SIGHUP: configuration and catalogue are read anew; a new worker is started for each old one, which is told to end only when the new one is ready.  What is wrong with the new
 *   files is logged, and the old workers stay.
 */
#ifndef API_SUPERVISOR_H
#define API_SUPERVISOR_H

#include "api/setup.h"

/* Takes over setup.  Returns the exit status. */
int supervisor_run(struct setup *setup, const char *conf_path);

#endif
