/* The error convention; see err.h. */
#include "config.h"

#include "lib/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	err_clear(e);
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	return -1;
}

void err_clear(struct err *e)
{
	e->code = ERR_NONE;
	e->retry_after_s = 0;
	e->msg[0] = '\0';
	e->details_n = 0;
}

void err_detail(struct err *e, const char *field, const char *fmt, ...)
{
	struct err_detail *d;
	va_list ap;
	size_t i;

	for (i = 0; i < e->details_n; i++)
		if (strcmp(e->details[i].field, field) == 0)
			return;
	if (e->details_n == ERR_DETAILS_MAX)
		return;
	d = &e->details[e->details_n++];
	snprintf(d->field, sizeof(d->field), "%s", field);
	va_start(ap, fmt);
	vsnprintf(d->text, sizeof(d->text), fmt, ap);
	va_end(ap);
}

int err_collected(struct err *e, const char *msg)
{
	if (e->details_n == 0)
		return 0;
	e->code = ERR_INVALID;
	snprintf(e->msg, sizeof(e->msg), "%s", msg);
	return -1;
}
