/* One round of federated averaging. */
#ifndef ENGINE_ROUND_H
#define ENGINE_ROUND_H

#include "engine/federation.h"

#include <stdbool.h>

struct round_result {
	double accuracy, loss; /* of the global model on the test images */
};

/*
 * Choose clients, let each receive the model, train and send its update, aggregate, test, and report it all.  A client goes through
 * receiving → ready → training → sending → finished, or is lost; transfers of different clients run at the same time, and the round lasts until the slowest is
 * through.  The caller works (control_enter).
 * False when the round was dropped: the global weights are then as before.
 */
bool round_run(struct federation *f, int round, struct round_result *result);

#endif
