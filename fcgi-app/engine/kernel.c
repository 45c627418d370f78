/* Which kernels, and how much scratch they take; see kernel.h. */
#include "config.h"

#include "engine/kernel.h"

#include "engine/kernel_impl.h"

const struct kernel *kernel_best(void)
{
#ifdef HAVE_KERNEL_AVX2
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return &kernel_avx2;
#endif
	return &kernel_base;
}

size_t kernel_scratch_size(enum kernel_model model, size_t n)
{
	size_t size;

	switch (model) {
	case KERNEL_SOFTMAX:
	case KERNEL_MLP:
		size = n * sizeof(struct dense_sample);
		break;
	default:
		size = sizeof(struct cnn_scratch);
	}
	return (size + 63) & ~(size_t)63; /* what aligned_alloc() wants */
}
