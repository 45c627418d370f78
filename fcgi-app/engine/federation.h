/* What all of a run shares: who trains what on which samples.  Made by run.c, read by train.c, evaluate.c and round.c; only round.c changes the global weights. */
#ifndef ENGINE_FEDERATION_H
#define ENGINE_FEDERATION_H

#include "engine/control.h"
#include "engine/dataset.h"
#include "engine/events.h"
#include "engine/kernel.h"
#include "engine/model.h"
#include "engine/pool.h"
#include "engine/spec.h"
#include "engine/split.h"

struct federation {
	const struct spec *spec;
	const struct model *model;
	const struct kernel *kernel;
	struct dataset data;
	struct split split;
	float *weights; /* the global model */
	struct pool *pool;
	void **scratch; /* one for each worker of the pool */
	struct events *events;
	struct control *control;
};

#endif
