/* The artefact model.bin: the published tensors in the safetensors layout (docs/model-format.md). */
#ifndef ENGINE_MODEL_FILE_H
#define ENGINE_MODEL_FILE_H

#include "engine/model.h"
#include "lib/buf.h"
#include "lib/err.h"

struct model_file_note {
	const char *dataset;
	int64_t seed;
	int rounds;            /* that went into it */
	double accuracy, loss; /* of the last of them on the test images; NaN when there was none */
};

/* The whole file into out. */
void model_file_build(const struct model *m, const float *w, const struct model_file_note *note, struct buf *out);
/* Written under another name, synced and renamed: path is never half a model. */
int model_file_write(const char *path, const struct model *m, const float *w, const struct model_file_note *note, struct err *e);

#endif
