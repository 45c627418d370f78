/* A store of its own for each test: an empty one in a temporary directory, gone afterwards. */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include "lib/err.h"
#include "store/store.h"

#include <check.h>

extern char *dir;        /* of the test */
extern char *path;       /* of the store */
extern struct store *st; /* open, as the checkpointer; a test may put another in its place */
extern struct err e;     /* of the newest OK() */

/* The call succeeds, or the test fails with its words. */
#define OK(call) ck_assert_msg((call) == 0, "%s: %s", #call, e.msg)

/* For tcase_add_checked_fixture(). */
void store_setup(void);
void store_teardown(void);

#endif
