/* model.bin; see model_file.h. */
#include "config.h"

#include "engine/model_file.h"

#include "lib/file.h"
#include "lib/json_out.h"
#include "lib/mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_le(struct buf *b, uint64_t v, unsigned bytes)
{
	unsigned i;

	for (i = 0; i < bytes; i++)
		buf_addc(b, (char)(v >> (8 * i) & 0xff));
}

/* Metadata values are strings in this layout. */
static void put_number(struct json_out *j, const char *name, double v)
{
	char text[40];

	snprintf(text, sizeof(text), "%.6f", v);
	json_put_string(j, name, isfinite(v) ? text : "");
}

static void put_metadata(struct json_out *j, const struct model *m, const struct model_file_note *note)
{
	char text[24];

	json_object_begin(j, "__metadata__");
	json_put_string(j, "format", "flopynet-model-1");
	json_put_string(j, "model", m->name);
	json_put_string(j, "dataset", note->dataset);
	json_put_string(j, "input", "28x28 grey, pixel / 255");
	snprintf(text, sizeof(text), "%d", note->rounds);
	json_put_string(j, "rounds", text);
	snprintf(text, sizeof(text), "%" PRId64, note->seed);
	json_put_string(j, "seed", text);
	put_number(j, "accuracy", note->accuracy);
	put_number(j, "loss", note->loss);
	json_object_end(j);
}

/* Returns the bytes of the tensor. */
static size_t put_tensor(struct json_out *j, const struct model_tensor *t, size_t offset)
{
	size_t floats = 1, last = 1;
	unsigned d;

	for (d = 0; d < t->rank; d++) {
		floats *= t->shape[d];
		if (d + 1 >= t->published_rank)
			last *= t->shape[d];
	}
	json_object_begin(j, t->name);
	json_put_string(j, "dtype", "F32");
	json_array_begin(j, "shape");
	for (d = 0; d + 1 < t->published_rank; d++)
		json_put_i64(j, NULL, t->shape[d]);
	json_put_i64(j, NULL, (int64_t)last);
	json_array_end(j);
	json_array_begin(j, "data_offsets");
	json_put_i64(j, NULL, (int64_t)offset);
	json_put_i64(j, NULL, (int64_t)(offset + floats * sizeof(float)));
	json_array_end(j);
	json_object_end(j);
	return floats * sizeof(float);
}

void model_file_build(const struct model *m, const float *w, const struct model_file_note *note, struct buf *out)
{
	float *published = mem_array(m->parameters_n, sizeof(*published));
	struct buf header = {0};
	struct json_out j;
	size_t i, offset = 0;
	uint32_t bits;

	json_out_init(&j, &header);
	json_object_begin(&j, NULL);
	put_metadata(&j, m, note);
	for (i = 0; i < m->tensors_n; i++)
		offset += put_tensor(&j, &m->tensors[i], offset);
	json_object_end(&j);
	while (header.len % 8)
		buf_addc(&header, ' ');
	put_le(out, header.len, 8);
	buf_add(out, header.data, header.len);
	model_export(m, w, published);
	for (i = 0; i < m->parameters_n; i++) {
		memcpy(&bits, &published[i], sizeof(bits));
		put_le(out, bits, 4);
	}
	buf_clear(&header);
	free(published);
}

int model_file_write(const char *path, const struct model *m, const float *w, const struct model_file_note *note, struct err *e)
{
	struct buf b = {0};
	int rc;

	model_file_build(m, w, note, &b);
	rc = file_replace(path, b.data, b.len, 0600, e);
	buf_clear(&b);
	return rc;
}
