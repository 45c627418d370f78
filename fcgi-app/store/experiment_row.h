/* Inside store/ only: a row of EXPERIMENT_COLUMNS into a struct experiment whose texts are borrowed from the statement. */
#ifndef STORE_EXPERIMENT_ROW_H
#define STORE_EXPERIMENT_ROW_H

#include "store/experiment.h"

#include <sqlite3.h>

void experiment_row(sqlite3_stmt *s, struct experiment *x);

#endif
