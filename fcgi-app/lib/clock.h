/*
 * Time.  The wall clock is integer Unix milliseconds UTC (`*_ms`), the monotonic clock is for intervals only.
 * Only the heads of loops read a clock, once per turn; everything below is handed the time.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MS_PER_S INT64_C(1000)
#define MS_PER_DAY INT64_C(86400000)

int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void);

#define CLOCK_TEXT_MAX 32 /* "2024-01-15T10:00:00.123Z" and a NUL, with room */

/* RFC 3339 in UTC with 'Z'; milliseconds are written only when they are not zero.  Returns out. */
const char *clock_format(int64_t ms, char out[CLOCK_TEXT_MAX]);

/*
 * RFC 3339 and its usual spellings into Unix milliseconds: "2024-01-15", "2024-01-15T10:00[:00[.fff…]]" with 'T', 't' or a space, and a zone
 * "Z", "z", "+02:00", "-0230", "+02" or none (which means UTC).  A plain date is its first instant.  Fractions beyond a millisecond are cut.
 * Years 1970 to 9999; a day that does not exist, 24:00 and leap seconds (:60) are refused.  Returns false when text is none of these.
 */
bool clock_parse(const char *text, int64_t *ms);

/* "2d 4h 15m 30s"; leading zero units are left out ("15m 30s", "0s").  Returns out. */
const char *clock_format_span(int64_t seconds, char *out, size_t size);

#endif
