/* A main for a fuzz harness without a fuzzer: give it every file of its corpus, tests/fixtures/corpus/NAME for NAME_fuzz. */
#include "config.h"

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/file.h"
#include "lib/mem.h"

#include <dirent.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	struct buf text = {0};
	struct err e;
	uint8_t *exact;

	if (file_read(path, 1 << 20, &text, &e) == -1) {
		fprintf(stderr, "%s: %s\n", path, e.msg);
		return -1;
	}
	/* A copy of just its size: the sanitizer then sees every byte read beyond it. */
	exact = mem_alloc(text.len);
	memcpy(exact, text.data ? text.data : "", text.len);
	LLVMFuzzerTestOneInput(exact, text.len);
	free(exact);
	buf_clear(&text);
	return 0;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	char *copy = mem_strdup(argv[0]), *name = basename(copy), *end = strstr(name, "_fuzz"), dir[4096];
	struct dirent *entry;
	int n = 0, rc = 0;
	DIR *d;

	(void)argc;
	if (end)
		*end = '\0';
	snprintf(dir, sizeof(dir), "%s/tests/fixtures/corpus/%s", srcdir ? srcdir : ".", name);
	free(copy);
	d = opendir(dir);
	while (d && (entry = readdir(d))) {
		char *path;

		if (entry->d_name[0] == '.')
			continue;
		path = file_join(dir, entry->d_name);
		rc |= replay(path);
		free(path);
		n++;
	}
	if (d)
		closedir(d);
	printf("%d inputs of %s\n", n, dir);
	return rc == 0 && n > 0 ? 0 : 1;
}
