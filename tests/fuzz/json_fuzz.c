/* JSON from outside: what the strict reader lets through is fit to be stored and sent again, and the lenient one takes all that the strict one takes. */
#include "config.h"

#include "lib/json_in.h"
#include "lib/text.h"

#include <json-c/json_object.h>
#include <json-c/linkhash.h>
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool holds)
{
	if (!holds)
		abort();
}

static void walk(struct json_object *v, int depth)
{
	size_t i;

	need(depth <= JSON_DEPTH_MAX);
	switch (json_object_get_type(v)) {
	case json_type_double:
		need(isfinite(json_object_get_double(v)));
		return;
	case json_type_string:
		need(text_utf8_valid(json_object_get_string(v), (size_t)json_object_get_string_len(v)));
		return;
	case json_type_array:
		for (i = 0; i < json_object_array_length(v); i++)
			walk(json_object_array_get_idx(v, i), depth + 1);
		return;
	case json_type_object: {
		struct json_object_iterator at = json_object_iter_begin(v), end = json_object_iter_end(v);

		for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
			walk(json_object_iter_peek_value(&at), depth + 1);
		return;
	}
	case json_type_null:
	case json_type_boolean:
	case json_type_int:
		return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object *strict = NULL, *lenient = NULL;
	struct err e;
	int strict_rc = json_in_parse((const char *)data, size, &strict, &e);
	int lenient_rc = json_in_parse_lenient((const char *)data, size, &lenient, &e);

	if (strict_rc == 0)
		walk(strict, 0);
	if (lenient_rc == 0)
		walk(lenient, 0);
	need(strict_rc == -1 || lenient_rc == 0);
	json_object_put(strict);
	json_object_put(lenient);
	return 0;
}
