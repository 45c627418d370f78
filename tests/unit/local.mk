# Unit tests: Check programs, one line of output each.  `make check` runs them.
if CHECK
check_PROGRAMS += %D%/test_lib
TESTS += %D%/test_lib
%C%_test_lib_SOURCES = %D%/test_lib.c
%C%_test_lib_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(JSONC_CFLAGS)
%C%_test_lib_LDADD = $(LIB_LIBS) $(CHECK_LIBS)
endif
