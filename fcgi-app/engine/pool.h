/* Threads that do jobs in the order in which they were handed in.  One thread hands in and drains. */
#ifndef ENGINE_POOL_H
#define ENGINE_POOL_H

/* worker: 0 … threads-1, for memory of its own. */
typedef void pool_fn(void *arg, unsigned worker);

struct pool;

/* As many threads as can be had, at least one (else the process ends). */
struct pool *pool_new(unsigned threads);
/* Ends the threads; nothing may be waiting to be done. */
void pool_free(struct pool *p);
void pool_submit(struct pool *p, pool_fn *fn, void *arg);
/* Wait until all that was handed in is done. */
void pool_drain(struct pool *p);

#endif
