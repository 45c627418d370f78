# Unit tests: Check programs, one line of output each.  `make check` runs them.
if CHECK
check_PROGRAMS += %D%/test_experiment %D%/test_auth %D%/test_lib %D%/test_store
TESTS += %D%/test_experiment %D%/test_auth %D%/test_lib %D%/test_store
%C%_test_experiment_SOURCES = %D%/test_experiment.c
%C%_test_experiment_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JSONC_CFLAGS)
%C%_test_experiment_LDADD = libexperiment.a $(LIB_LIBS) $(CHECK_LIBS)
%C%_test_auth_SOURCES = %D%/test_auth.c
%C%_test_auth_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JSONC_CFLAGS) $(CRYPTO_CFLAGS)
%C%_test_auth_LDADD = $(STORE_LIBS) $(CHECK_LIBS)
%C%_test_lib_SOURCES = %D%/test_lib.c
%C%_test_lib_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JSONC_CFLAGS)
%C%_test_lib_LDADD = $(LIB_LIBS) $(CHECK_LIBS)
%C%_test_store_SOURCES = %D%/test_store.c
%C%_test_store_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JSONC_CFLAGS)
%C%_test_store_LDADD = $(STORE_LIBS) $(CHECK_LIBS)
check_PROGRAMS += %D%/test_health %D%/test_service
TESTS += %D%/test_health %D%/test_service
%C%_test_health_SOURCES = %D%/test_health.c
%C%_test_health_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_health_LDADD = libplatform.a $(LIB_LIBS) $(CHECK_LIBS)
%C%_test_service_SOURCES = %D%/test_service.c
%C%_test_service_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JSONC_CFLAGS)
%C%_test_service_LDADD = $(STORE_LIBS) $(CHECK_LIBS)
check_PROGRAMS += %D%/test_settings
TESTS += %D%/test_settings
%C%_test_settings_SOURCES = %D%/test_settings.c
%C%_test_settings_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JSONC_CFLAGS)
%C%_test_settings_LDADD = libplatform.a $(LIB_LIBS) $(CHECK_LIBS)
check_PROGRAMS += %D%/test_stream %D%/test_stream_door
TESTS += %D%/test_stream %D%/test_stream_door
%C%_test_stream_door_SOURCES = %D%/test_stream_door.c
%C%_test_stream_door_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JSONC_CFLAGS)
%C%_test_stream_door_LDADD = $(STREAM_LIBS) $(CHECK_LIBS)
%C%_test_stream_SOURCES = %D%/test_stream.c
%C%_test_stream_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JSONC_CFLAGS)
%C%_test_stream_LDADD = $(STREAM_LIBS) $(CHECK_LIBS)
endif
