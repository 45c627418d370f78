/* One client's part of a round: SGD over its own samples, and the test of the global model. */
#ifndef ENGINE_TRAIN_H
#define ENGINE_TRAIN_H

#include "engine/federation.h"

#include <stdbool.h>
#include <stdint.h>

struct train_score {
	double accuracy;
	double loss; /* mean; NaN when the training diverged */
};

/*
 * Train w (the client's copy of the global model) for the configured epochs; the caller is between control_enter() and control_leave().  The score is that of the
 * last epoch, each batch judged with the weights before its step.  The order of samples depends on seed, round and client only.
 * False when the round is over; w is then of no use.
 */
bool train_client(const struct federation *f, uint32_t client, int round, float *w, void *scratch, struct train_score *score);

/* The global model on all test images, with all threads; sums are made in a fixed order.  The caller works, and may be held.  False when the round is over. */
bool train_test(const struct federation *f, struct train_score *score);

#endif
