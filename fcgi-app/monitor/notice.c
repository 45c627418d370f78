/* The words of notifications; see notice.h. */
#include "config.h"

#include "monitor/notice.h"

#include "lib/clock.h"
#include "lib/json_out.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ENCODED_WORD_BYTES 42 /* of text in one encoded word: 56 characters of base64 and 12 around it stay under RFC 2047's 75 */

/* The headline of one alert. */
static void headline(const struct alert *a, const char *change, struct buf *out)
{
	const char *p;

	if (strcmp(change, "resolved") == 0)
		buf_adds(out, "Resolved: ");
	else
		for (p = severity_names[a->severity]; *p; p++)
			buf_addc(out, (char)(*p - 'a' + 'A'));
	if (strcmp(change, "resolved") != 0)
		buf_adds(out, ": ");
	buf_adds(out, a->title);
}

static void add_text(struct notice *n, const struct alert *a, const char *change, const char *head)
{
	char at[CLOCK_TEXT_MAX], id[TEXT_ID_MAX];

	buf_addf(&n->text, "%s\n%s\n", head, a->description);
	if (strcmp(change, "resolved") == 0)
		buf_addf(&n->text, "Resolved at %s%s%s: %s\n", clock_format(a->resolved_at_ms, at), a->resolved_by ? " by " : "", a->resolved_by ? a->resolved_by : "",
			 a->resolution ? a->resolution : "");
	buf_addf(&n->text, "%s, since %s\n\n", text_from_id(ALERT_ID_PREFIX, a->id, id), clock_format(a->created_at_ms, at));
}

void notice_add(struct notice *n, const struct alert *a, const char *change)
{
	struct buf head = {0};
	struct json_out j;

	headline(a, change, &head);
	if (n->n++ == 0)
		buf_adds(&n->first, head.data);
	if (strcmp(change, "resolved") != 0) {
		n->opened++;
		n->critical += a->severity == SEVERITY_CRITICAL;
	}
	add_text(n, a, change, head.data);
	json_out_init(&j, &n->json);
	j.comma = n->n > 1;
	json_object_begin(&j, NULL);
	json_put_string(&j, "change", change);
	alert_write(&j, a);
	json_object_end(&j);
	buf_clear(&head);
}

void notice_clear(struct notice *n)
{
	buf_clear(&n->first);
	buf_clear(&n->text);
	buf_clear(&n->json);
}

void notice_subject(const struct notice *n, struct buf *out)
{
	buf_adds(out, "[FLOPY-NET] ");
	if (n->test)
		buf_adds(out, "Test");
	else if (n->n == 1)
		buf_adds(out, buf_str(&n->first));
	else if (n->opened == 0)
		buf_addf(out, "%zu alerts are resolved", n->n);
	else if (n->critical)
		buf_addf(out, "%zu alerts, %zu of them critical", n->n, n->critical);
	else
		buf_addf(out, "%zu alerts", n->n);
}

static void body_text(const struct notice *n, struct buf *out)
{
	if (n->test)
		buf_adds(out, "This is a test of the notifications of the FLOPY-NET dashboard. Nothing is wrong.\n\n");
	else
		buf_add(out, n->text.data, n->text.len);
	if (n->link)
		buf_addf(out, "%s\n", n->link);
}

void notice_json(const struct notice *n, struct buf *out)
{
	struct buf subject = {0}, text = {0}, list = {0};
	struct json_out j;

	notice_subject(n, &subject);
	body_text(n, &text);
	buf_addf(&list, "[%s]", buf_str(&n->json));
	json_out_init(&j, out);
	json_object_begin(&j, NULL);
	json_put_i64(&j, "id", n->id);
	json_put_string(&j, "type", "alerts");
	json_put_bool(&j, "test", n->test);
	json_put_time(&j, "sent_at", n->at_ms);
	json_put_string(&j, "subject", subject.data);
	json_put_string(&j, "text", text.data);
	json_put_string(&j, "link", n->link);
	json_put_raw(&j, "alerts", list.data);
	json_object_end(&j);
	buf_clear(&subject);
	buf_clear(&text);
	buf_clear(&list);
}

static void base64(const void *data, size_t len, struct buf *out)
{
	char *to = buf_reserve(out, (len + 2) / 3 * 4 + 1);

	out->len += (size_t)EVP_EncodeBlock((unsigned char *)to, data, (int)len);
}

/* RFC 2047: a header's text that is not plain ASCII as encoded words, cut between characters; no control character survives. */
static void header_text(const char *text, struct buf *out)
{
	char *clean = mem_strdup(text), *p;
	size_t len = strlen(text), i, n;
	bool plain = len <= 200;

	for (p = clean; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
		plain = plain && (unsigned char)*p < 0x7f;
	}
	if (plain)
		buf_adds(out, clean);
	for (i = 0; !plain && i < len; i += n) {
		n = len - i < ENCODED_WORD_BYTES ? len - i : ENCODED_WORD_BYTES;
		while (i + n < len && ((unsigned char)clean[i + n] & 0xc0) == 0x80)
			n--;
		buf_adds(out, i ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
		base64(clean + i, n, out);
		buf_adds(out, "?=");
	}
	free(clean);
}

/* RFC 5322's date, whatever the locale says. */
static void header_date(int64_t ms, struct buf *out)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	buf_addf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		 tm.tm_sec);
}

void notice_mail(const struct notice *n, const struct notify_config *c, struct buf *out)
{
	const char *host = strchr(c->mail_from, '@');
	struct buf subject = {0}, text = {0};
	size_t i, line;

	notice_subject(n, &subject);
	body_text(n, &text);
	buf_addf(out, "From: FLOPY-NET dashboard <%s>\r\nTo: ", c->mail_from);
	for (i = 0; c->mail_to[i]; i++)
		buf_addf(out, "%s<%s>", i ? ",\r\n " : "", c->mail_to[i]);
	buf_adds(out, "\r\nSubject: ");
	header_text(subject.data, out);
	buf_adds(out, "\r\n");
	header_date(n->at_ms, out);
	/* The same for every try, so that a reader who gets it twice sees it once. */
	buf_addf(out, "Message-ID: <notification-%" PRId64 ".%" PRId64 "@%s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n", n->id, n->made_at_ms, host ? host + 1 : "localhost");
	buf_adds(out, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	for (i = 0; i < text.len; i += line) {
		line = text.len - i < 57 ? text.len - i : 57; /* 76 characters of base64 */
		base64(text.data + i, line, out);
		buf_adds(out, "\r\n");
	}
	buf_clear(&subject);
	buf_clear(&text);
}

void notice_sign(const struct buf *body, const char *key, struct buf *out)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0, i;

	if (!HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)body->data, body->len, mac, &len))
		abort();
	buf_adds(out, "sha256=");
	for (i = 0; i < len; i++)
		buf_addf(out, "%02x", mac[i]);
}
