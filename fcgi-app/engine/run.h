/* A whole run in the current directory, by docs/runner-protocol.md. */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

/*
 * spec.json, control and events.jsonl are looked for in the working directory; search is the list of data directories (may be NULL).
 * Returns the exit status: 0 after completed, stopped or aborted, 1 after failed.  What went wrong is in the events, and where even these could not be
 * written, in the log.
 */
int run_main(const char *search);

#endif
