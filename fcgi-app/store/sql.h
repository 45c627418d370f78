/* Every statement by name.  The texts stand in sql.def; each is prepared when it is first used, and all by store_check() and a unit test. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

enum sql {
#define SQL(name, text) SQL_##name,
#include "store/sql.def"
#undef SQL
	SQL_MAX
};

extern const char *const sql_texts[SQL_MAX];

#endif
