# Fuzz harnesses: NAME_fuzz.c has LLVMFuzzerTestOneInput, tests/fixtures/corpus/NAME the inputs that it begins with.
# ./dev fuzz lets libFuzzer drive them; make check replays the corpus, with replay.c for a main.
fuzz_programs = %D%/adapter_fuzz %D%/flserver_fuzz %D%/idx_fuzz %D%/json_fuzz %D%/request_fuzz %D%/runner_event_fuzz %D%/settings_fuzz %D%/stream_message_fuzz
if FUZZERS
noinst_PROGRAMS += $(fuzz_programs)
fuzz_main =
fuzz_flags = -fsanitize=fuzzer
else
check_PROGRAMS += $(fuzz_programs)
TESTS += $(fuzz_programs)
fuzz_main = %D%/replay.c
fuzz_flags =
endif
fuzzers: $(fuzz_programs)

%C%_adapter_fuzz_SOURCES = %D%/adapter_fuzz.c $(fuzz_main)
%C%_adapter_fuzz_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
%C%_adapter_fuzz_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
%C%_adapter_fuzz_LDADD = $(MONITOR_LIBS)
%C%_flserver_fuzz_SOURCES = %D%/flserver_fuzz.c $(fuzz_main)
%C%_flserver_fuzz_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
%C%_flserver_fuzz_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
%C%_flserver_fuzz_LDADD = $(FLSERVER_LIBS)
%C%_idx_fuzz_SOURCES = %D%/idx_fuzz.c $(fuzz_main)
%C%_idx_fuzz_CFLAGS = $(AM_CFLAGS)
%C%_idx_fuzz_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags) -pthread
%C%_idx_fuzz_LDADD = $(ENGINE_LIBS)
%C%_json_fuzz_SOURCES = %D%/json_fuzz.c $(fuzz_main)
%C%_json_fuzz_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
%C%_json_fuzz_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
%C%_json_fuzz_LDADD = $(LIB_LIBS)
%C%_runner_event_fuzz_SOURCES = %D%/runner_event_fuzz.c $(fuzz_main)
%C%_runner_event_fuzz_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
%C%_runner_event_fuzz_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
%C%_runner_event_fuzz_LDADD = libexperiment.a $(LIB_LIBS)
%C%_request_fuzz_SOURCES = %D%/request_fuzz.c $(fuzz_main)
%C%_request_fuzz_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
%C%_request_fuzz_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
%C%_request_fuzz_LDADD = $(API_LIBS)
%C%_settings_fuzz_SOURCES = %D%/settings_fuzz.c $(fuzz_main)
%C%_settings_fuzz_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
%C%_settings_fuzz_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
%C%_settings_fuzz_LDADD = libplatform.a $(LIB_LIBS)
%C%_stream_message_fuzz_SOURCES = %D%/stream_message_fuzz.c $(fuzz_main)
%C%_stream_message_fuzz_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
%C%_stream_message_fuzz_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
%C%_stream_message_fuzz_LDADD = $(STREAM_LIBS)
EXTRA_DIST += %D%/replay.c
