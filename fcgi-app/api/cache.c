/* Kept answers; see cache.h. */
#include "config.h"

#include "api/cache.h"

#include "lib/mem.h"
#include "lib/text.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	struct buf key;
	int64_t version;
	int64_t at_ms;
	const char *content_type;
	char etag[ETAG_MAX];
	struct buf headers, body;
};

struct cache {
	struct entry entries[CACHE_SLOTS];
	struct entry *slot; /* of the request that is being served */
	size_t total;       /* memory of all bodies */
	struct buf key;
};

struct cache *cache_new(void)
{
	return mem_alloc(sizeof(struct cache));
}

static void forget_all(struct cache *c)
{
	size_t i;

	for (i = 0; i < CACHE_SLOTS; i++) {
		buf_clear(&c->entries[i].key);
		buf_clear(&c->entries[i].headers);
		buf_clear(&c->entries[i].body);
	}
	c->total = 0;
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	forget_all(c);
	buf_clear(&c->key);
	free(c);
}

/* With its NUL, so that the parts of a key cannot run into each other. */
static void add_part(struct buf *key, const char *s)
{
	buf_add(key, s, strlen(s) + 1);
}

/* The order in which parameters were written does not matter; there are few of them. */
static void add_query(struct buf *key, const struct request *q)
{
	const struct query_param *sorted[REQUEST_QUERY_MAX];
	size_t i, at;

	for (i = 0; i < q->query_n; i++) {
		for (at = i; at > 0 && strcmp(sorted[at - 1]->name, q->query[i].name) > 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = &q->query[i];
	}
	for (i = 0; i < q->query_n; i++) {
		add_part(key, sorted[i]->name);
		add_part(key, sorted[i]->value);
	}
}

static void make_key(struct buf *key, const struct route *route, const struct request *q)
{
	size_t i;

	buf_reset(key);
	buf_add(key, &route, sizeof(route));
	buf_add(key, &q->who.role, sizeof(q->who.role));
	buf_add(key, &q->who.experiment_id, sizeof(q->who.experiment_id));
	for (i = 0; i < REQUEST_PARAMS_MAX && q->params[i]; i++)
		add_part(key, q->params[i]);
	add_query(key, q);
}

bool cache_get(struct cache *c, const struct route *route, const struct request *q, int64_t version, struct response *r)
{
	struct entry *en;

	make_key(&c->key, route, q);
	en = c->slot = &c->entries[text_hash(c->key.data, c->key.len) % CACHE_SLOTS];
	if (en->version != version || en->key.len != c->key.len || memcmp(en->key.data, c->key.data, c->key.len) != 0)
		return false;
	if (route->cache_ms != CACHE_TILL_CHANGE && (q->now_ms < en->at_ms || q->now_ms - en->at_ms >= route->cache_ms))
		return false;
	r->content_type = en->content_type;
	memcpy(r->etag, en->etag, sizeof(r->etag));
	buf_add(&r->headers, en->headers.data, en->headers.len);
	buf_add(&r->body, en->body.data, en->body.len);
	return true;
}

void cache_put(struct cache *c, const struct request *q, int64_t version, const struct response *r)
{
	struct entry *en = c->slot;

	if (r->status != 200 || r->file || r->body.len > CACHE_BODY_MAX)
		return;
	if (c->total > CACHE_TOTAL_MAX)
		forget_all(c);
	c->total -= en->body.cap;
	buf_reset(&en->key);
	buf_add(&en->key, c->key.data, c->key.len);
	buf_reset(&en->headers);
	buf_add(&en->headers, r->headers.data, r->headers.len);
	buf_reset(&en->body);
	buf_add(&en->body, r->body.data, r->body.len);
	c->total += en->body.cap;
	en->version = version;
	en->at_ms = q->now_ms;
	en->content_type = r->content_type;
	memcpy(en->etag, r->etag, sizeof(en->etag));
}
