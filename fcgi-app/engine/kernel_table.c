/* One variant's table; compiled with the others of its variant. */
#include "config.h"

#include "engine/kernel_impl.h"

#define KERNEL_TEXT(x) #x
#define KERNEL_NAME(x) KERNEL_TEXT(x)

const struct kernel KERNEL(kernel) = {
	.name = KERNEL_NAME(KERNEL_VARIANT),
	.step = {
		[KERNEL_SOFTMAX] = KERNEL(kernel_softmax),
		[KERNEL_MLP] = KERNEL(kernel_mlp),
		[KERNEL_CNN] = KERNEL(kernel_cnn),
	},
};
