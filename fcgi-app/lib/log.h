/*
 * The log: one line of key=value to stderr per event.  Never a token, never a body.
 * Text values are quoted and escaped, so that a line from outside cannot forge another.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

/* program: shown as prog=…; static string.  Lines below the level (LOG_LEVEL in the environment, default info) are dropped. */
void log_init(const char *program);
/* A request id that every following line carries; "" or NULL for none.  Copied. */
void log_request(const char *id);
/* One line with a message in printf form; further keys may be part of it: log_line(…, "run ended exp=%s", id). */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)

#endif
