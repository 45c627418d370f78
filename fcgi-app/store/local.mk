# The store: the only directory that may include sqlite3.h.
noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	%D%/artifact.c %D%/artifact.h \
	%D%/alert.c %D%/alert.h \
	%D%/alert_list.c %D%/alert_row.h \
	%D%/command.c %D%/command.h \
	%D%/configuration.c %D%/configuration.h \
	%D%/db.c %D%/db.h \
	%D%/engine_state.c %D%/engine_state.h \
	%D%/event.c %D%/event.h \
	%D%/experiment.c %D%/experiment.h \
	%D%/experiment_list.c %D%/experiment_row.h \
	%D%/migrate.c %D%/migrate.h \
	%D%/notification.c %D%/notification.h \
	%D%/policy_list.c %D%/policy_list.h \
	%D%/round.c %D%/round.h \
	%D%/run.c %D%/run.h \
	%D%/run_change.h %D%/run_client.c %D%/run_event.c \
	%D%/rule.c %D%/rule.h \
	%D%/sample.c %D%/sample.h \
	%D%/service.c %D%/service.h \
	%D%/silence.c %D%/silence.h \
	%D%/sql.c %D%/sql.h %D%/sql.def \
	%D%/store.c %D%/store.h \
	%D%/timeline.c %D%/timeline.h \
	%D%/token.c %D%/token.h \
	%D%/user.c %D%/user.h \
	%D%/watch.c
nodist_libstore_a_SOURCES = schema/schema_sql.c
libstore_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(JSONC_CFLAGS)
STORE_LIBS = libstore.a libexperiment.a libplatform.a $(AUTH_LIBS) $(LIB_LIBS) $(SQLITE_LIBS)
