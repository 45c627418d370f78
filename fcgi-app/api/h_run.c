/* What happened in a run: /experiments/:id/rounds, clients, timeline, logs. */
#include "config.h"

#include "api/csv.h"
#include "api/experiment_view.h"
#include "api/handlers.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "store/round.h"
#include "store/timeline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_MAX 100
#define LOG_LINES_MAX 1000
#define LOG_LINES_DEFAULT 200
#define LOG_BYTES_MAX (256 * 1024) /* read from the end */
#define LOG_LINE_MAX 4096          /* bytes shown of one line */

/* id, limit and offset; the id is checked first, so that what does not exist is 404 whatever else is wrong. */
static int read_page(struct request *q, int64_t *id, int64_t *limit, int64_t *offset, struct err *e)
{
	if (request_experiment_id(q, id, e) == -1)
		return -1;
	err_clear(e);
	request_page(q, PAGE_MAX, limit, offset, e);
	return 0;
}

/* A consistent view in which the experiment exists. */
static int begin_for(struct request *q, int64_t id, struct err *e)
{
	struct experiment x;

	if (store_read_begin(q->app->store, e) == -1)
		return -1;
	if (experiment_get(q->app->store, id, &x, e) == 0) {
		experiment_clear(&x);
		return 0;
	}
	store_rollback(q->app->store);
	return -1;
}

/* A file has all that there is; a page of it would be mistaken for all. */
static bool wants_csv(const struct request *q, struct err *e)
{
	const char *format = request_query(q, "format");

	if (!format || strcmp(format, "json") == 0)
		return false;
	if (strcmp(format, "csv") != 0)
		err_detail(e, "format", "Must be json or csv");
	if (request_query(q, "limit"))
		err_detail(e, "limit", "Not with format=csv, which gives everything");
	if (request_query(q, "offset"))
		err_detail(e, "offset", "Not with format=csv, which gives everything");
	return true;
}

static void put_round(void *arg, const struct round *r)
{
	struct json_out *j = arg;

	json_object_begin(j, NULL);
	json_put_i64(j, "round", r->round);
	json_put_time(j, "started_at", r->started_at_ms);
	json_put_time(j, "completed_at", r->completed_at_ms);
	json_put_double(j, "accuracy", r->accuracy);
	json_put_double(j, "loss", r->loss);
	json_put_count(j, "duration_ms", r->duration_ms);
	json_put_count(j, "clients", r->clients);
	json_put_i64(j, "failed_clients", r->failed_clients < 0 ? 0 : r->failed_clients);
	json_put_count(j, "bytes", r->bytes);
	json_object_end(j);
}

static void csv_round(void *arg, const struct round *r)
{
	struct buf *b = arg;

	csv_i64(b, r->round);
	csv_time(b, r->started_at_ms);
	csv_time(b, r->completed_at_ms);
	csv_double(b, r->accuracy);
	csv_double(b, r->loss);
	csv_i64(b, r->duration_ms);
	csv_i64(b, r->clients);
	csv_i64(b, r->failed_clients);
	csv_i64(b, r->bytes);
	csv_end(b);
}

int h_round_list(struct request *q, struct response *r, struct err *e)
{
	int64_t id, limit, offset, after, total;
	bool csv;
	int rc;

	if (read_page(q, &id, &limit, &offset, e) == -1)
		return -1;
	after = request_query_i64(q, "after", 0, INT64_MAX, 0, e);
	csv = wants_csv(q, e);
	if (err_collected(e, "Invalid query") == -1 || begin_for(q, id, e) == -1)
		return -1;
	if (csv) {
		csv_begin(r, "rounds.csv", "round,started_at,completed_at,accuracy,loss,duration_ms,clients,failed_clients,bytes");
		rc = round_each(q->app->store, id, after, -1, 0, csv_round, &r->body, &total, e);
	} else {
		json_object_begin(&r->json, NULL);
		json_array_begin(&r->json, "rounds");
		rc = round_each(q->app->store, id, after, limit, offset, put_round, &r->json, &total, e);
		json_array_end(&r->json);
		response_page(r, total, limit, offset);
		json_object_end(&r->json);
	}
	store_rollback(q->app->store);
	return rc;
}

static void csv_client_round(void *arg, const struct client_round *c)
{
	struct buf *b = arg;

	csv_i64(b, c->round);
	csv_text(b, c->client);
	csv_text(b, c->status);
	csv_double(b, c->accuracy);
	csv_double(b, c->loss);
	csv_i64(b, c->samples);
	csv_i64(b, c->train_ms);
	csv_i64(b, c->transfer_ms);
	csv_i64(b, c->bytes);
	csv_end(b);
}

/* As JSON the clients as they are now; as CSV what each did in every round, which is what one plots. */
int h_client_list(struct request *q, struct response *r, struct err *e)
{
	int64_t id, limit, offset, total = 0;
	bool csv;
	int rc;

	if (read_page(q, &id, &limit, &offset, e) == -1)
		return -1;
	csv = wants_csv(q, e);
	if (err_collected(e, "Invalid query") == -1 || begin_for(q, id, e) == -1)
		return -1;
	if (csv) {
		csv_begin(r, "clients.csv", "round,client,status,accuracy,loss,samples,train_ms,transfer_ms,bytes");
		rc = client_round_each(q->app->store, id, csv_client_round, &r->body, e);
	} else {
		json_object_begin(&r->json, NULL);
		rc = experiment_view_clients(q, &r->json, "clients", id, limit, offset, &total, e);
		response_page(r, total, limit, offset);
		json_object_end(&r->json);
	}
	store_rollback(q->app->store);
	return rc;
}

int h_timeline_list(struct request *q, struct response *r, struct err *e)
{
	int64_t id, limit, offset, total;
	bool rounds;
	int rc;

	if (read_page(q, &id, &limit, &offset, e) == -1)
		return -1;
	rounds = request_query_bool(q, "rounds", true, e);
	if (err_collected(e, "Invalid query") == -1 || begin_for(q, id, e) == -1)
		return -1;
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "timeline");
	rc = timeline_each(q->app->store, id, rounds, limit, offset, experiment_view_timeline_entry, &r->json, &total, e);
	json_array_end(&r->json);
	response_page(r, total, limit, offset);
	json_object_end(&r->json);
	store_rollback(q->app->store);
	return rc;
}

/* The end of the engine's words into text; *cut when the file is longer.  A run that has not begun has none.  It is the engine's directory: a pipe must not hold the worker. */
static int read_log_end(const struct request *q, int64_t id, struct buf *text, bool *cut, struct err *e)
{
	char name[TEXT_ID_MAX], *dir = file_join(q->app->conf->runs, text_from_id(EXPERIMENT_ID_PREFIX, id, name)), *path = file_join(dir, "stderr.log");
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat sb;
	off_t from = 0;
	ssize_t n = 0;

	*cut = false;
	free(dir);
	free(path);
	if (fd == -1)
		return errno == ENOENT ? 0 : err_set(e, ERR_INTERNAL, "cannot open the log of %s: %s", name, strerror(errno));
	if (fstat(fd, &sb) == -1 || !S_ISREG(sb.st_mode)) {
		close(fd);
		return err_set(e, ERR_INTERNAL, "the log of %s is not a file", name);
	}
	if (sb.st_size > LOG_BYTES_MAX) {
		from = sb.st_size - LOG_BYTES_MAX;
		*cut = true;
	}
	n = pread(fd, buf_reserve(text, LOG_BYTES_MAX), LOG_BYTES_MAX, from);
	if (n > 0)
		text->len += (size_t)n;
	close(fd);
	return 0;
}

/* A line as the program wrote it, or what is left of it after a cut, may hold anything: bytes that are not UTF-8 are shown as U+FFFD. */
static void put_log_line(struct json_out *j, const char *line, size_t len)
{
	struct buf clean = {0};
	size_t i, n;

	if (len > LOG_LINE_MAX)
		len = LOG_LINE_MAX;
	for (i = 0; i < len; i += n) {
		unsigned char c = (unsigned char)line[i];

		n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
		if (i + n <= len && text_utf8_valid(line + i, n)) {
			buf_add(&clean, line + i, n);
		} else {
			buf_adds(&clean, "\xef\xbf\xbd");
			n = 1;
		}
	}
	json_put_string_len(j, NULL, buf_str(&clean), clean.len);
	buf_clear(&clean);
}

/* Where the last n lines begin. */
static size_t last_lines(const struct buf *text, int64_t n)
{
	size_t at = text->len;

	if (at && text->data[at - 1] == '\n')
		at--;
	while (at > 0) {
		if (text->data[at - 1] == '\n' && --n == 0)
			break;
		at--;
	}
	return at;
}

int h_log_tail(struct request *q, struct response *r, struct err *e)
{
	struct buf text = {0};
	int64_t id, lines;
	bool cut;
	size_t at, end;
	int rc = -1;

	if (request_experiment_id(q, &id, e) == -1)
		return -1;
	err_clear(e);
	lines = request_query_i64(q, "lines", 1, LOG_LINES_MAX, LOG_LINES_DEFAULT, e);
	if (err_collected(e, "Invalid query") == -1 || begin_for(q, id, e) == -1)
		return -1;
	store_rollback(q->app->store);
	if (read_log_end(q, id, &text, &cut, e) == -1)
		goto out;
	at = last_lines(&text, lines);
	json_object_begin(&r->json, NULL);
	json_array_begin(&r->json, "lines");
	for (; at < text.len; at = end + 1) {
		const char *newline = memchr(text.data + at, '\n', text.len - at);

		end = newline ? (size_t)(newline - text.data) : text.len;
		put_log_line(&r->json, text.data + at, end - at);
	}
	json_array_end(&r->json);
	json_put_bool(&r->json, "truncated", cut || last_lines(&text, lines) > 0);
	json_object_end(&r->json);
	rc = 0;
out:
	buf_clear(&text);
	return rc;
}
