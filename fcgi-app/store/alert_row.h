/* Inside store/ only: a row of ALERT_COLUMNS into a struct alert whose texts are borrowed from the statement. */
#ifndef STORE_ALERT_ROW_H
#define STORE_ALERT_ROW_H

#include "store/alert.h"

#include <sqlite3.h>

#define ALERT_COLUMNS_N 22 /* where further columns begin */

void alert_row(sqlite3_stmt *s, struct alert *a);

#endif
