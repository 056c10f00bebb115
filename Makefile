# zynqsim - `make help` lists what there is to do.
CC      ?= gcc
BUILD   ?= build
CSTD     = -std=c11
WARN     = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
OPT     ?= -O2
CFLAGS  ?= $(OPT) -g
CPPFLAGS = -D_GNU_SOURCE -Iinclude -Itests/support -I$(BUILD)/gen
FLAGS    = $(CSTD) $(WARN) -ffp-contract=off $(CFLAGS) $(CPPFLAGS) $(SAN)

CORE_MODULES = base des design net num hw plan bound sim study
IO_MODULES   = import report
CORE_SRC := $(foreach m,$(CORE_MODULES),$(wildcard src/$(m)/*.c))
IO_SRC   := $(foreach m,$(IO_MODULES),$(wildcard src/$(m)/*.c))
CLI_SRC  := $(wildcard src/cli/*.c)
PROTO    := $(wildcard src/import/*.proto)
GEN_SRC  := $(PROTO:src/import/%.proto=$(BUILD)/gen/%.pb-c.c)
obj       = $(patsubst %.c,$(BUILD)/%.o,$(1))
IO_LIBS   = -lyaml -lcsv -lprotobuf-c -ljpeg -lpng -ljansson -lm
TESTS    := $(patsubst tests/%/main.c,%,$(wildcard tests/*/main.c))

all: $(BUILD)/zynqsim

$(BUILD)/gen/%.pb-c.c: src/import/%.proto
	@mkdir -p $(@D)
	protoc-c --c_out=$(BUILD)/gen --proto_path=src/import $<
$(BUILD)/gen/%.pb-c.o: $(BUILD)/gen/%.pb-c.c
	$(CC) $(CSTD) $(CFLAGS) $(SAN) -c $< -o $@
$(BUILD)/%.o: %.c $(GEN_SRC)
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/libzynqsim.a: $(call obj,$(CORE_SRC))
	@rm -f $@
	ar rcs $@ $^
$(BUILD)/libzynqsim_io.a: $(call obj,$(IO_SRC)) $(GEN_SRC:.c=.o)
	@rm -f $@
	ar rcs $@ $^
$(BUILD)/zynqsim: $(call obj,$(CLI_SRC)) $(BUILD)/libzynqsim_io.a $(BUILD)/libzynqsim.a
	$(CC) $(SAN) -o $@ $^ $(IO_LIBS)

# tests/<module>/*.c + tests/support/*.c -> build/tests/<module>
define test_rule
$(BUILD)/tests/bin/$(1): $$(call obj,$$(wildcard tests/$(1)/*.c) $$(wildcard tests/support/*.c)) $(BUILD)/libzynqsim_io.a $(BUILD)/libzynqsim.a
	@mkdir -p $$(@D)
	$$(CC) $$(SAN) -o $$@ $$^ $(IO_LIBS) -lcheck -lsubunit -lrt -lpthread
endef
$(foreach t,$(TESTS),$(eval $(call test_rule,$(t))))
check: $(TESTS:%=$(BUILD)/tests/bin/%)
	@for t in $^; do ./$$t || exit 1; done

clean:
	rm -rf $(BUILD)
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all check clean
