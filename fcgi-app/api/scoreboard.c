/* Shared anonymous memory; see scoreboard.h. */
#include "config.h"

#include "api/scoreboard.h"

#include <stdlib.h>
#include <sys/mman.h>

struct scoreboard *scoreboard_new(void)
{
	void *p = mmap(NULL, sizeof(struct scoreboard), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}
