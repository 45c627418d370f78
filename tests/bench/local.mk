# Programs of ./dev bench; built when it asks for them.
EXTRA_PROGRAMS = %D%/stream_bench
CLEANFILES += %D%/stream_bench
%C%_stream_bench_SOURCES = %D%/stream_bench.c
%C%_stream_bench_CFLAGS = $(AM_CFLAGS)
%C%_stream_bench_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_stream_bench_LDADD = $(STORE_LIBS)
EXTRA_DIST += %D%/run %D%/empty.c %D%/stream.py %D%/watching.py
