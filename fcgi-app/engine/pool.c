/* Worker threads; see pool.h. */
#include "config.h"

#include "engine/pool.h"

#include "lib/log.h"
#include "lib/mem.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct job {
	pool_fn *fn;
	void *arg;
	struct job *next;
};

struct worker {
	struct pool *pool;
	pthread_t thread;
	unsigned number;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work, idle;
	struct job *first, **last;
	unsigned pending; /* waiting and being done */
	bool end;
	unsigned workers_n;
	struct worker *workers;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct job *job = p->first;

		if (!job) {
			if (p->end)
				break;
			pthread_cond_wait(&p->work, &p->lock);
			continue;
		}
		p->first = job->next;
		if (!p->first)
			p->last = &p->first;
		pthread_mutex_unlock(&p->lock);
		job->fn(job->arg, w->number);
		free(job);
		pthread_mutex_lock(&p->lock);
		if (--p->pending == 0)
			pthread_cond_broadcast(&p->idle);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct pool *pool_new(unsigned threads)
{
	struct pool *p = mem_alloc(sizeof(*p));

	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->idle, NULL);
	p->last = &p->first;
	p->workers = mem_array(threads, sizeof(*p->workers));
	while (p->workers_n < threads) {
		struct worker *w = &p->workers[p->workers_n];

		w->pool = p;
		w->number = p->workers_n;
		if (pthread_create(&w->thread, NULL, work, w) != 0)
			break;
		p->workers_n++;
	}
	if (!p->workers_n) {
		log_error("cannot start a thread");
		exit(1);
	}
	return p;
}

void pool_free(struct pool *p)
{
	unsigned i;

	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->end = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->workers_n; i++)
		pthread_join(p->workers[i].thread, NULL);
	pthread_cond_destroy(&p->idle);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p->workers);
	free(p);
}

void pool_submit(struct pool *p, pool_fn *fn, void *arg)
{
	struct job *job = mem_alloc(sizeof(*job));

	job->fn = fn;
	job->arg = arg;
	pthread_mutex_lock(&p->lock);
	*p->last = job;
	p->last = &job->next;
	p->pending++;
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void pool_drain(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->pending)
		pthread_cond_wait(&p->idle, &p->lock);
	pthread_mutex_unlock(&p->lock);
}
