# zynqsim - `make help` lists what there is to do.
.DEFAULT_GOAL := all
help: ## this list
	@sed -nE 's/^([a-z -]+):.*## (.*)/  make \1@\2/p' Makefile | column -t -s @ 2>/dev/null \
	  || sed -nE 's/^([a-z -]+):.*## (.*)/  make \1  \2/p' Makefile

ifeq ($(origin CC),default)
CC       = gcc
endif
BUILD   ?= build
PREFIX  ?= /usr/local
CSTD     = -std=c11
WARN     = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
OPT     ?= -O2
CFLAGS  ?= $(OPT) -g
CPPFLAGS = -D_GNU_SOURCE -Iinclude -Itests/support -I$(BUILD)/gen
FLAGS    = $(CSTD) $(WARN) $(WERROR) -ffp-contract=off $(CFLAGS) $(CPPFLAGS) $(SAN)

# ---- what there is to build: core (no files, no libraries), io (bytes to values), cli ----------
CORE_SRC := $(foreach m,base des design net num train hw plan kinds bound sim study,$(wildcard src/$(m)/*.c src/$(m)/*/*.c))
IO_SRC   := $(wildcard src/import/*.c src/report/*.c)
CLI_SRC  := $(wildcard src/cli/*.c)
PROTO    := $(wildcard src/import/*.proto)
GEN_SRC  := $(PROTO:src/import/%.proto=$(BUILD)/gen/%.pb-c.c)
TESTS    := $(patsubst tests/%/main.c,%,$(wildcard tests/*/main.c))
FUZZERS  := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
SCRIPTS  := $(wildcard tests/cli/test_*.sh) tests/golden/golden.sh tests/golden/baselines.sh
# What figures depend on: the models, and how files become designs and networks.
MODELS   := $(sort $(wildcard include/zynqsim/*.h include/zynqsim/*.def) $(foreach m,base des design net num train hw plan kinds bound sim study import,\
  $(foreach e,c h def proto,$(wildcard src/$(m)/*.$(e) src/$(m)/*/*.$(e)))))
obj       = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIBS      = $(BUILD)/libzynqsim_io.a $(BUILD)/libzynqsim.a
IO_LIBS   = -lyaml -lcsv -lprotobuf-c -ljpeg -lpng -lwebp -lz -ljansson -lexpat -lm
CLI_LIBS  = -lnettle
TEST_OBJ := $(call obj,$(wildcard tests/support/*.c))
TEST_LIBS = -lcheck -lsubunit -lrt -lpthread -lm
# `make V=1` prints whole commands.
Q         = $(if $(V),,@)
say       = $(if $(V),,@echo '  $(1)  $(2)')
# Sub-makes use all processors unless the caller chose.
JOBS      = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
AGAIN     = @$(MAKE) --no-print-directory $(JOBS)

all: $(BUILD)/zynqsim ## the program, build/zynqsim, and the two libraries

$(BUILD)/gen/%.pb-c.c: src/import/%.proto
	@mkdir -p $(@D)
	$(call say,GEN ,$@)
	$(Q)protoc-c --c_out=$(@D) --proto_path=$(<D) $<
$(BUILD)/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	$(call say,CC  ,$@)
	$(Q)$(CC) $(CSTD) $(CFLAGS) $(SAN) -I$(BUILD)/gen -c $< -o $@
$(BUILD)/%.o: %.c $(BUILD)/flags | $(GEN_SRC)
	@mkdir -p $(@D)
	$(call say,CC  ,$@)
	$(Q)$(CC) $(FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/libzynqsim.a: $(call obj,$(CORE_SRC))
	$(call say,AR  ,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^
$(BUILD)/libzynqsim_io.a: $(call obj,$(IO_SRC)) $(GEN_SRC:.c=.o)
	$(call say,AR  ,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^
$(BUILD)/zynqsim: $(call obj,$(CLI_SRC)) $(LIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -pthread -o $@ $^ $(IO_LIBS) $(CLI_LIBS)
# The same program on many machines: ranks of MPI simulate points, rank 0 writes.
MPICC    ?= mpicc
mpi: $(BUILD)/zynqsim-mpi ## zynqsim-mpi, which sweeps on many machines (needs OpenMPI)
$(BUILD)/src/cli/mpi/%.o: src/cli/mpi/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,MPICC,$@)
	$(Q)$(MPICC) $(FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/zynqsim-mpi: $(call obj,$(filter-out %/entry.c,$(CLI_SRC)) $(wildcard src/cli/mpi/*.c)) $(LIBS)
	$(call say,LINK,$@)
	$(Q)$(MPICC) $(SAN) $(LDFLAGS) -pthread -o $@ $^ $(IO_LIBS) $(CLI_LIBS)
# Rows of a sweep name the models that made them. Their files count by name and content alone.
$(BUILD)/gen/models_digest.h: FORCE
	@mkdir -p $(@D)
	@sum=$$(sha256sum $(MODELS) | sha256sum | cut -c 1-8) && [ -n "$$sum" ] && line="#define MODELS_DIGEST \"$$sum\"" && \
	  { echo "$$line" | cmp -s - $@ || echo "$$line" >$@; }
$(BUILD)/src/cli/models.o: $(BUILD)/gen/models_digest.h
# Other flags or another compiler in the same tree rebuild everything.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(FLAGS) $(LDFLAGS)' | cmp -s - $@ || echo '$(CC) $(FLAGS) $(LDFLAGS)' >$@

# ---- tests: tests/<module>/*.c make build/tests/<module>; fuzz targets replay their corpora ----
define test_rule
$(BUILD)/bin/test_$(1): $$(call obj,$$(wildcard tests/$(1)/*.c)) $$(TEST_OBJ) $$(LIBS)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(SAN) $$(LDFLAGS) -o $$@ $$^ $$(IO_LIBS) $$(TEST_LIBS)
endef
$(foreach t,$(TESTS),$(eval $(call test_rule,$(t))))
$(BUILD)/bin/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(TEST_OBJ) $(LIBS)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(IO_LIBS) $(TEST_LIBS)
# The program with one more kind of accelerator: its files, and the two that expand the rows.
KIND_OBJ  = $(call obj,$(wildcard tests/kinds/*.c)) $(BUILD)/kinds/kinds.o $(BUILD)/kinds/kind_fields.o
$(BUILD)/kinds/%.o $(BUILD)/tests/kinds/%.o: CPPFLAGS += -DKINDS_DEF='"../../tests/kinds/kinds.def"'
$(BUILD)/kinds/%.o: src/kinds/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC  ,$@)
	$(Q)$(CC) $(FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/zynqsim-copy: $(call obj,$(CLI_SRC)) $(KIND_OBJ) $(LIBS)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) $(LDFLAGS) -pthread -o $@ $^ $(IO_LIBS) $(CLI_LIBS)
# The slow ones first: they run side by side.
SLOW     = golden num sim
ORDERED  = $(filter $(SLOW),$(TESTS)) $(filter-out $(SLOW),$(TESTS))
TEST_BIN = $(ORDERED:%=$(BUILD)/bin/test_%) $(FUZZERS:%=$(BUILD)/bin/replay_%)
tests-built: $(TEST_BIN) $(BUILD)/zynqsim $(BUILD)/zynqsim-copy

run: ## install what is missing, build, and run the default design
	@.ci/packages build
	$(AGAIN) all
	$(BUILD)/zynqsim run configs/default.yaml
check: ## install what is missing, build, and run all tests
	@.ci/packages build check
	$(AGAIN) tests-built
	@BUILD=$(BUILD) tests/run.sh $(TEST_BIN) $(SCRIPTS) $(if $(SAN),,tests/lint/layers.sh)
# Instrumented programs leave whole networks and four fifths of long series to the plain ones: small
# networks and the scripts take the same code.
SAMPLE   = CK_EXCLUDE_TAGS=long TEST_EVERY=5
ASAN     = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
check-asan: ## the same under the address and undefined-behaviour sanitizers
	@.ci/packages asan
	@CK_FORK=no $(SAMPLE) $(MAKE) --no-print-directory check BUILD=build/asan OPT=-O1 SAN='$(ASAN)'
check-tsan: ## run the two-threaded program under the thread sanitizer
	@.ci/packages build tsan
	@$(MAKE) --no-print-directory all BUILD=build/tsan OPT=-O1 SAN=-fsanitize=thread
	build/tsan/zynqsim run configs/default.yaml --jobs 2 --fidelity tile --format json >build/tsan/two
	build/tsan/zynqsim run configs/default.yaml --jobs 1 --fidelity tile --format json >build/tsan/one
	@sed -i '/sim_wall_seconds/d;/"command"/d' build/tsan/one build/tsan/two
	@cmp build/tsan/one build/tsan/two && echo '2 passed, 0 failed'
layers: all ## check every include and every symbol of the core against the module table
	@BUILD=$(BUILD) tests/lint/layers.sh
soak: all ## kill a sweep of 20,000 points ten times, damage files of rows, starve it of memory
	@ZYNQSIM_SOAK=20000:10 BUILD=$(BUILD) tests/cli/test_sweep.sh
	@ZYNQSIM_SOAK=20000:10 BUILD=$(BUILD) tests/cli/test_sweep_rows.sh
	@ZYNQSIM_SOAK=20000:10 BUILD=$(BUILD) tests/cli/test_nomem.sh
backend: all ## run ONNX's own tests of operators of CNNs and 1,000 random graphs, and list what is refused
	@/usr/bin/python3 tests/cli/onnx_backend.py $(BUILD)/zynqsim configs/default.yaml ../shared/cases/onnx_backend
	@/usr/bin/python3 tests/cli/onnx_graphs.py $(BUILD)/zynqsim configs/default.yaml --seeds 0:1000
	@for p in fp32 fixed16 int8 w8a16; do /usr/bin/python3 tests/cli/onnx_graphs.py $(BUILD)/zynqsim - --seeds 0:100 --exact $$p || exit 1; done
golden: tests-built ## compare the figures of many designs with those written down
	@CK_RUN_CASE=figures $(BUILD)/bin/test_golden
	@BUILD=$(BUILD) tests/golden/golden.sh
	@BUILD=$(BUILD) tests/golden/baselines.sh
bless: tests-built ## rewrite the figures in tests/golden and configs/baselines
	@ZYNQSIM_BLESS=1 CK_RUN_CASE=figures $(BUILD)/bin/test_golden >/dev/null
	@BUILD=$(BUILD) tests/golden/golden.sh bless
	@BUILD=$(BUILD) tests/golden/baselines.sh bless
	@git diff --stat -- tests/golden configs/baselines
docs: all ## rewrite docs/reference from the program
	@BUILD=$(BUILD) tests/cli/reference.sh write
coverage: ## run the tests under the sanitizers, lines counted; fails below 85 % of those of src/
	@.ci/packages asan coverage
	@find build/asan-cov -name '*.gcda' -delete 2>/dev/null || true
	@CK_FORK=no $(SAMPLE) $(MAKE) --no-print-directory check BUILD=build/asan-cov OPT=-O1 \
	  SAN='$(ASAN) --coverage'
	@gcovr -r . --object-directory build/asan-cov --filter src/ --exclude-unreachable-branches --gcov-ignore-parse-errors \
	  --sort-uncovered --txt build/asan-cov/coverage.txt --print-summary --fail-under-line 85

# ---- looking for trouble --------------------------------------------------------------------------
FUZZ_SECONDS ?= 60
fuzz: ## run every libFuzzer target for FUZZ_SECONDS
	@.ci/packages build check fuzz
	$(AGAIN) CC=clang BUILD=build/fuzz SAN='-fsanitize=fuzzer-no-link,address,undefined' \
	  $(FUZZERS:%=build/fuzz/bin/fuzz_%)
	@for f in $(FUZZERS); do mkdir -p build/fuzz/corpus/$$f && build/fuzz/bin/fuzz_$$f \
	  -max_total_time=$(FUZZ_SECONDS) -timeout=10 -artifact_prefix=build/fuzz/$$f- \
	  build/fuzz/corpus/$$f tests/fuzz/corpus/$$f || exit 1; done
$(BUILD)/bin/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(TEST_OBJ) $(LIBS)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) -fsanitize=fuzzer -o $@ $^ $(IO_LIBS) $(TEST_LIBS)
BENCH_OBJ := $(call obj,$(wildcard tests/bench/*.c))
bench: $(BUILD)/bin/bench ## speed: plans, simulated points, one image against OpenCV
	@$(BUILD)/bin/bench $(BUILD)/zynqsim
$(BUILD)/bin/bench: $(BENCH_OBJ) $(BUILD)/zynqsim $(LIBS)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) -o $@ $(BENCH_OBJ) $(LIBS) $(IO_LIBS)
lint: ## layout, static analysis, and both compilers without a warning
	@.ci/packages build check lint
	@tests/lint/lint.sh
format: ## lay the sources out
	clang-format -i $$(git ls-files '*.c' '*.h')

# ---- installing --------------------------------------------------------------------------------
DEST     = $(DESTDIR)$(PREFIX)
DATA     = $(DEST)/share/zynqsim
DOC      = $(DEST)/share/doc/zynqsim
VERSION  = $(shell sed -n 's/.*ZS_VERSION "\(.*\)"/\1/p' include/zynqsim/version.h)
# pc NAME,DESCRIPTION,REQUIRES,LIBRARIES. What the archives need is public: there are no shared libraries.
pc       = printf '%s\n' 'prefix=$(abspath $(PREFIX))' 'includedir=$${prefix}/include' 'libdir=$${prefix}/lib' '' \
  'Name: $(1)' 'Description: $(2)' 'Version: $(VERSION)' $(if $(3),'Requires: $(3)') 'Cflags: -I$${includedir}' \
  'Libs: -L$${libdir} $(strip $(4))' >$(DEST)/lib/pkgconfig/$(1).pc
install: all ## program, libraries, headers and documents into PREFIX (/usr/local), under DESTDIR
	install -D -t $(DEST)/bin $(BUILD)/zynqsim
	install -D -m 644 -t $(DEST)/lib $(LIBS)
	install -D -m 644 -t $(DEST)/include/zynqsim include/zynqsim/*.h include/zynqsim/*.def
	install -d $(DEST)/lib/pkgconfig
	@$(call pc,zynqsim,simulator of CNN accelerators on the Zynq-7020,zynqsim-core = $(VERSION),-lzynqsim_io $(IO_LIBS))
	@$(call pc,zynqsim-core,its core: nothing but the C library is needed,,-lzynqsim -lm $(SAN))
	install -D -m 644 -t $(DATA)/models models/*.yaml
	install -D -m 644 -t $(DATA)/configs configs/*.yaml
	install -D -m 644 -t $(DATA)/configs/validation configs/validation/*
	install -D -m 644 -t $(DATA)/configs/baselines configs/baselines/*
	install -D -m 644 -t $(DOC) README.md CHANGELOG.md LICENSE packages.txt
	install -D -m 644 -t $(DOC)/docs docs/*.md docs/*.svg
	install -D -m 644 -t $(DOC)/docs/models docs/models/*.md
	install -D -m 644 -t $(DOC)/docs/reference docs/reference/*
	install -D -m 644 -t $(DOC)/examples examples/*.c
	install -D -m 755 -t $(DOC)/examples examples/*.sh
	ln -sfn ../../zynqsim/configs $(DOC)/configs
	ln -sfn ../../zynqsim/models $(DOC)/models
	ln -sfn ../../../include $(DOC)/include
	install -d $(DEST)/share/man/man1
	sed -E 's#(^|[ (])(docs|configs)/#\1$(abspath $(PREFIX))/share/doc/zynqsim/\2/#g' docs/zynqsim.1 >$(DEST)/share/man/man1/zynqsim.1
	install -D -m 644 docs/zynqsim.bash-completion $(DEST)/share/bash-completion/completions/zynqsim
deb: all ## a Debian package: build/zynqsim_VERSION_ARCH.deb
	@.ci/deb $(BUILD) $(VERSION)
uninstall: ## undo install
	rm -rf $(DEST)/bin/zynqsim $(DEST)/lib/libzynqsim.a $(DEST)/lib/libzynqsim_io.a $(DEST)/include/zynqsim \
	  $(DEST)/lib/pkgconfig/zynqsim.pc $(DEST)/lib/pkgconfig/zynqsim-core.pc $(DATA) $(DOC) \
	  $(DEST)/share/man/man1/zynqsim.1 $(DEST)/share/bash-completion/completions/zynqsim
clean: ## remove build/
	rm -rf build

FORCE:
.SECONDARY:
.PHONY: FORCE help all mpi soak run backend check check-asan check-tsan tests-built layers golden bless docs coverage fuzz \
  bench lint format install deb uninstall clean
-include $(patsubst %.c,$(BUILD)/%.d,$(CORE_SRC) $(IO_SRC) $(CLI_SRC) $(wildcard tests/*/*.c src/cli/mpi/*.c)) $(KIND_OBJ:.o=.d)
