/* Every statement by name.  The texts stand in sql.def; all are prepared when the store is opened, so a typo fails at start. */
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
