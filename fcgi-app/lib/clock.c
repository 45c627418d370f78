/* Time; see clock.h.  The calendar is the proleptic Gregorian one, counted in days from 1970-01-01. */
#include "config.h"

#include "lib/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * MS_PER_S + ts.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

const char *clock_format(int64_t ms, char out[CLOCK_TEXT_MAX])
{
	time_t s = (time_t)(ms / MS_PER_S);
	int frac = (int)(ms % MS_PER_S);
	struct tm tm;
	size_t n;

	if (frac < 0) {
		frac += 1000;
		s--;
	}
	gmtime_r(&s, &tm);
	n = strftime(out, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	if (frac)
		snprintf(out + n, CLOCK_TEXT_MAX - n, ".%03dZ", frac);
	else
		snprintf(out + n, CLOCK_TEXT_MAX - n, "Z");
	return out;
}

/* n decimal digits at *p into *v; *p moves past them. */
static bool take_digits(const char **p, int n, int *v)
{
	*v = 0;
	while (n-- > 0) {
		if (!isdigit((unsigned char)**p))
			return false;
		*v = *v * 10 + (*(*p)++ - '0');
	}
	return true;
}

static bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool take_date(const char **p, struct tm *tm)
{
	int year, month, day;

	if (!take_digits(p, 4, &year) || !take_char(p, '-') || !take_digits(p, 2, &month) || !take_char(p, '-') || !take_digits(p, 2, &day))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return true;
}

static bool take_time(const char **p, struct tm *tm, int *ms)
{
	int scale = 100;

	if (!take_digits(p, 2, &tm->tm_hour) || !take_char(p, ':') || !take_digits(p, 2, &tm->tm_min))
		return false;
	if (take_char(p, ':')) {
		if (!take_digits(p, 2, &tm->tm_sec))
			return false;
		if (take_char(p, '.')) {
			if (!isdigit((unsigned char)**p))
				return false;
			for (; isdigit((unsigned char)**p); (*p)++, scale /= 10)
				*ms += (**p - '0') * scale;
		}
	}
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 60;
}

static bool take_zone(const char **p, int *offset_min)
{
	int sign, hours, minutes = 0;

	if (**p == '\0' || take_char(p, 'Z') || take_char(p, 'z'))
		return true;
	if (**p != '+' && **p != '-')
		return false;
	sign = *(*p)++ == '-' ? -1 : 1;
	if (!take_digits(p, 2, &hours))
		return false;
	if (**p != '\0') {
		take_char(p, ':');
		if (!take_digits(p, 2, &minutes))
			return false;
	}
	*offset_min = sign * (hours * 60 + minutes);
	return hours < 24 && minutes < 60;
}

bool clock_parse(const char *text, int64_t *ms)
{
	struct tm tm = {0};
	int offset_min = 0, frac_ms = 0;
	const char *p = text;

	if (!take_date(&p, &tm))
		return false;
	if (*p == 'T' || *p == 't' || *p == ' ') {
		p++;
		if (!take_time(&p, &tm, &frac_ms) || !take_zone(&p, &offset_min))
			return false;
	}
	if (*p != '\0')
		return false;
	*ms = ((int64_t)timegm(&tm) - (int64_t)offset_min * 60) * MS_PER_S + frac_ms;
	return *ms >= 0;
}

const char *clock_format_span(int64_t seconds, char *out, size_t size)
{
	long long d, h, m, s;

	if (seconds < 0)
		seconds = 0;
	d = seconds / 86400;
	h = seconds / 3600 % 24;
	m = seconds / 60 % 60;
	s = seconds % 60;
	if (d)
		snprintf(out, size, "%lldd %lldh %lldm %llds", d, h, m, s);
	else if (h)
		snprintf(out, size, "%lldh %lldm %llds", h, m, s);
	else if (m)
		snprintf(out, size, "%lldm %llds", m, s);
	else
		snprintf(out, size, "%llds", s);
	return out;
}
