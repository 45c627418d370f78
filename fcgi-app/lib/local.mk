noinst_LIBRARIES += liblib.a
liblib_a_SOURCES = \
	%D%/buf.c %D%/buf.h \
	%D%/clock.c %D%/clock.h \
	%D%/conf.c %D%/conf.h \
	%D%/err.c %D%/err.h \
	%D%/file.c %D%/file.h \
	%D%/json_in.c %D%/json_in.h \
	%D%/json_out.c %D%/json_out.h \
	%D%/log.c %D%/log.h \
	%D%/mem.c %D%/mem.h \
	%D%/shared.c %D%/shared.h \
	%D%/text.c %D%/text.h
liblib_a_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS) $(INIH_CFLAGS)
LIB_LIBS = liblib.a $(JSONC_LIBS) $(INIH_LIBS) -lm
