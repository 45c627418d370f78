/* /experiments/:id/artifacts: the files that a run has produced. */
#include "config.h"

#include "api/handlers.h"
#include "experiment/runner_event.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "store/artifact.h"
#include "store/experiment.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PAGE_MAX 100
#define FILES_MAX 1000 /* of one run directory; what is beyond is not listed */

/* Owned texts. */
struct artifact_file {
	char *name, *kind, *description;
	int64_t size_bytes, created_at_ms;
};

struct listing {
	const char *dir;
	struct artifact_file files[FILES_MAX];
	size_t n;
};

/* The monitor's own files of a run directory are not the run's products. */
static bool is_plumbing(const char *name)
{
	static const char *const names[] = {"spec.json", "control", "events.jsonl", "stderr.log", "engine.pid", NULL};
	size_t i;

	for (i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static char *run_dir(const struct request *q, int64_t id)
{
	char name[TEXT_ID_MAX];

	return file_join(q->app->conf->runs, text_from_id(EXPERIMENT_ID_PREFIX, id, name));
}

/* Size and time of a plain file; false for anything else, a link also. */
static bool stat_file(const char *dir, const char *name, struct stat *sb)
{
	char *path = file_join(dir, name);
	bool plain = lstat(path, sb) == 0 && S_ISREG(sb->st_mode);

	free(path);
	return plain;
}

static void add(struct listing *l, const char *name, const char *kind, const char *description, int64_t created_at_ms)
{
	struct artifact_file *f;
	struct stat sb;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->files[i].name, name) == 0)
			return;
	if (l->n == FILES_MAX || !runner_file_name_valid(name) || !stat_file(l->dir, name, &sb))
		return;
	f = &l->files[l->n++];
	f->name = mem_strdup(name);
	f->kind = mem_strdup(kind);
	f->description = description ? mem_strdup(description) : NULL;
	f->size_bytes = (int64_t)sb.st_size;
	f->created_at_ms = created_at_ms ? created_at_ms : (int64_t)sb.st_mtim.tv_sec * 1000 + sb.st_mtim.tv_nsec / 1000000;
}

static void add_declared(void *arg, const struct artifact *a)
{
	add(arg, a->name, a->kind, a->description, a->created_at_ms);
}

/* Once a run has ended, nothing is half written: whatever it left is worth listing. */
static void add_left(struct listing *l)
{
	DIR *d = opendir(l->dir);
	struct dirent *entry;

	if (!d)
		return;
	while ((entry = readdir(d)))
		if (!is_plumbing(entry->d_name))
			add(l, entry->d_name, "file", NULL, 0);
	closedir(d);
}

static int by_name(const void *a, const void *b)
{
	const struct artifact_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int by_size(const void *a, const void *b)
{
	const struct artifact_file *x = a, *y = b;

	return x->size_bytes != y->size_bytes ? (x->size_bytes > y->size_bytes) - (x->size_bytes < y->size_bytes) : by_name(a, b);
}

static int by_time(const void *a, const void *b)
{
	const struct artifact_file *x = a, *y = b;

	return x->created_at_ms != y->created_at_ms ? (x->created_at_ms > y->created_at_ms) - (x->created_at_ms < y->created_at_ms) : by_name(a, b);
}

static int (*read_sort(const struct request *q, bool *descending, struct err *e))(const void *, const void *)
{
	static const struct {
		const char *name;
		int (*compare)(const void *, const void *);
	} sorts[] = {{"name", by_name}, {"size_bytes", by_size}, {"created_at", by_time}};
	const char *text = request_query(q, "sort"), *colon;
	size_t i, n;

	*descending = false;
	if (!text)
		return by_name;
	colon = strchr(text, ':');
	n = colon ? (size_t)(colon - text) : strlen(text);
	*descending = colon && strcmp(colon, ":desc") == 0;
	for (i = 0; i < ARRAY_LEN(sorts); i++)
		if (strlen(sorts[i].name) == n && strncmp(sorts[i].name, text, n) == 0 && (!colon || *descending || strcmp(colon, ":asc") == 0))
			return sorts[i].compare;
	err_detail(e, "sort", "Must be FIELD:asc or FIELD:desc with a field of name, size_bytes, created_at");
	return by_name;
}

static int fill(struct request *q, int64_t id, struct listing *l, struct err *e)
{
	struct experiment x;
	int64_t total;
	int rc = -1;

	if (store_read_begin(q->app->store, e) == -1)
		return -1;
	if (experiment_get(q->app->store, id, &x, e) == 0) {
		rc = artifact_each(q->app->store, id, FILES_MAX, 0, add_declared, l, &total, e);
		if (status_is_terminal(x.status))
			add_left(l);
		experiment_clear(&x);
	}
	store_rollback(q->app->store);
	return rc;
}

static void put_file(struct json_out *j, const struct artifact_file *f)
{
	json_object_begin(j, NULL);
	json_put_string(j, "name", f->name);
	json_put_string(j, "kind", f->kind);
	json_put_string(j, "description", f->description);
	json_put_i64(j, "size_bytes", f->size_bytes);
	json_put_time(j, "created_at", f->created_at_ms);
	json_object_end(j);
}

static void listing_free(struct listing *l)
{
	while (l->n > 0) {
		struct artifact_file *f = &l->files[--l->n];

		free(f->name);
		free(f->kind);
		free(f->description);
	}
	free(l);
}

int h_artifact_list(struct request *q, struct response *r, struct err *e)
{
	int (*compare)(const void *, const void *);
	int64_t id, limit, offset, i, n;
	struct listing *l;
	bool descending;
	char *dir;
	int rc;

	if (request_experiment_id(q, &id, e) == -1)
		return -1;
	err_clear(e);
	request_page(q, PAGE_MAX, &limit, &offset, e);
	compare = read_sort(q, &descending, e);
	if (err_collected(e, "Invalid query") == -1)
		return -1;
	dir = run_dir(q, id);
	l = mem_alloc(sizeof(*l));
	l->dir = dir;
	rc = fill(q, id, l, e);
	if (rc == 0) {
		n = (int64_t)l->n;
		qsort(l->files, l->n, sizeof(l->files[0]), compare);
		json_object_begin(&r->json, NULL);
		json_array_begin(&r->json, "artifacts");
		for (i = offset; i < n && i - offset < limit; i++)
			put_file(&r->json, &l->files[descending ? n - 1 - i : i]);
		json_array_end(&r->json);
		response_page(r, n, limit, offset);
		json_object_end(&r->json);
	}
	listing_free(l);
	free(dir);
	return rc;
}

/* Declared complete by the engine, or left by a run that has ended: what a list of them would show. */
static int may_be_given(struct request *q, int64_t id, const char *name, struct err *e)
{
	struct experiment x;
	struct artifact a;
	bool ended;
	int rc;

	if (is_plumbing(name) || !runner_file_name_valid(name))
		return err_set(e, ERR_NOTFOUND, "No such artifact");
	if (experiment_get(q->app->store, id, &x, e) == -1)
		return -1;
	ended = status_is_terminal(x.status);
	experiment_clear(&x);
	rc = artifact_get(q->app->store, id, name, &a, e);
	if (rc == 0)
		artifact_clear(&a);
	return rc == -1 && e->code == ERR_NOTFOUND && ended ? 0 : rc;
}

int h_artifact_get(struct request *q, struct response *r, struct err *e)
{
	const char *name = q->params[1];
	struct buf disposition = {0};
	struct stat sb;
	int64_t id;
	char *dir;
	int rc;

	if (request_experiment_id(q, &id, e) == -1 || may_be_given(q, id, name, e) == -1)
		return -1;
	dir = run_dir(q, id);
	rc = stat_file(dir, name, &sb) ? 0 : err_set(e, ERR_NOTFOUND, "No such artifact");
	if (rc == 0) {
		r->file = file_join(dir, name);
		r->content_type = "application/octet-stream";
		buf_addf(&disposition, "attachment; filename=\"%s\"", name);
		response_header(r, "Content-Disposition", disposition.data);
		buf_clear(&disposition);
	}
	free(dir);
	return rc;
}
