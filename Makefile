# Masthead. `make` alone prints what there is to make.
#
# One binary, `masthead`, made of rooms (folders). Each room is an archive, and
# a room's unit tests link only the rooms that it may include (docs/architecture.md).

SHELL   := /bin/sh
VARIANT ?= release
BUILD   ?= build/$(VARIANT)
PREFIX  ?= /usr/local
SECONDS ?= 60
V       ?= 0
Q       := $(if $(filter 0,$(V)),@)

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# -- compiler ---------------------------------------------------------------

CC       ?= cc
PKGS     := libevent_core libcurl yaml-0.1 libcjson libseccomp sqlite3 zlib libdeflate liblzma \
            libzstd libxml-2.0 libpcre2-8 libutf8proc libavcodec libavutil
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla -Wundef \
            -Wformat=2 -Wcast-qual -Wimplicit-fallthrough -Wswitch-enum -fno-common
# A checkout's warnings are errors; a release tarball's are not.
WERROR   := $(if $(wildcard .git),-Werror)
HARDEN   := -fstack-protector-strong -fPIE
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2
CFLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
                  -fno-sanitize-recover=all
CFLAGS_fuzz    := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
                  -fsanitize=fuzzer-no-link,address,undefined
LDFLAGS_release := -pie -Wl,-z,relro,-z,now
LDFLAGS_asan    := -fsanitize=address,undefined
LDFLAGS_fuzz    := -fsanitize=fuzzer,address,undefined
CFLAGS_ALL := -std=gnu17 -D_GNU_SOURCE -I. $(WARN) $(WERROR) $(HARDEN) \
              $(CFLAGS_$(VARIANT)) $(PKG_CFLAGS) $(CFLAGS)
# as-needed: libavcodec brings a hundred libraries and 9 MB, so transcode/av loads it
# when a worker wants it; only its headers are for the compiler.
LDFLAGS_ALL := $(LDFLAGS_$(VARIANT)) -Wl,--as-needed $(LDFLAGS)

# -- rooms ------------------------------------------------------------------

ROOMS := base playlist epg transcode web gateway/http gateway/relay gateway/tuner gateway
room_sources = $(filter-out gateway/main.c,$(wildcard $(1)/*.c))
room_lib     = $(BUILD)/lib/$(subst /,-,$(1)).a
LIBS  := $(foreach r,$(ROOMS),$(call room_lib,$(r)))
# What a room's tests link besides itself.
DEPS_base          :=
DEPS_playlist      := base
DEPS_epg           := base
DEPS_transcode     := base
DEPS_gateway-http  := base
DEPS_gateway-relay := base
DEPS_gateway-tuner := gateway/tuner gateway gateway/http gateway/relay playlist epg transcode web base
DEPS_gateway       := gateway/tuner gateway gateway/http gateway/relay playlist epg transcode web base

BIN := $(BUILD)/masthead

.PHONY: help
help:
	@echo 'make run        install what is missing, build, serve the demo (ARGS="--config FILE ...")'
	@echo 'make test       install what is missing, build, run every test'
	@echo 'make unit       unit tests only           (ROOM=base|playlist|gateway-http|...)'
	@echo 'make lint       style, include rule, sizes, static analysis'
	@echo 'make fmt        format the C files'
	@echo 'make bench      every performance claim beside its reference (QUICK=1: counts only)'
	@echo 'make fuzz       fuzz every parser         (T=name SECONDS=60)'
	@echo 'make build      the binary                (VARIANT=release|asan)'
	@echo 'make install    copy it to PREFIX         ($(PREFIX))'
	@echo 'make clean      remove build/'

# -- building ---------------------------------------------------------------

.PHONY: build run install clean deps-build
build: $(BIN)

deps-build:
	$(Q)scripts/install-packages.sh build

# pkg-config answers are needed before make reads the rules: a fresh machine
# installs first, then starts a second make.
run: deps-build
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) build
	$(Q)exec $(BIN) serve $(ARGS)

install: build
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/masthead

clean:
	rm -rf build

$(BUILD)/version.h: FORCE
	@mkdir -p $(@D)
	@echo '#define MASTHEAD_VERSION "$(VERSION)"' | cmp -s - $@ || \
	  echo '#define MASTHEAD_VERSION "$(VERSION)"' > $@
FORCE:
$(BUILD)/obj/gateway/version.o: $(BUILD)/version.h
$(BUILD)/obj/gateway/version.o: CFLAGS_ALL += -I$(BUILD)

# What .incbin brings in, the compiler's dependency lists do not see.
$(BUILD)/obj/web/assets.o: $(filter-out %.c %.h,$(wildcard web/*))

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo '  cc    $<'
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

define room_rule
$(call room_lib,$(1)): $$(patsubst %.c,$(BUILD)/obj/%.o,$$(call room_sources,$(1)))
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room_rule,$(r))))

$(BIN): $(BUILD)/obj/gateway/main.o $(LIBS)
	@echo '  link  $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< -Wl,--start-group $(LIBS) -Wl,--end-group $(PKG_LIBS)

# -- unit tests: tests/unit/<room>/test_*.c, the room's / written - ----------

unit_name   = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(1))
UNIT_ROOMS := $(notdir $(wildcard tests/unit/*))
UNITS      := $(foreach r,$(if $(ROOM),$(ROOM),$(UNIT_ROOMS)),\
                $(call unit_name,$(wildcard tests/unit/$(r)/test_*.c)))
CHECK_LIBS  = $(shell pkg-config --libs check 2>/dev/null)

define unit_rule
$(BUILD)/unit/$(1)/test_%: tests/unit/$(1)/test_%.c tests/unit/unit.h \
    $$(foreach r,$$(sort $$(subst -,/,$(1)) $$(DEPS_$(1))),$$(call room_lib,$$(r)))
	@mkdir -p $$(@D)
	@echo '  unit  $$<'
	$$(Q)$$(CC) $$(CFLAGS_ALL) -Itests/unit -MMD -MP -MF $$@.d -o $$@ $$< $$(LDFLAGS_ALL) \
	  -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(CHECK_LIBS) $$(PKG_LIBS)
endef
$(foreach r,$(UNIT_ROOMS),$(eval $(call unit_rule,$(r))))

.PHONY: unit unit-build
unit-build: $(UNITS)
unit: unit-build
	$(Q)for t in $(UNITS); do $$t || exit 1; done

# -- benchmarks: bench/*.c, a program each, over bench/lib and base ----------

BENCHES   := $(patsubst bench/%.c,$(BUILD)/bench/%,$(wildcard bench/*.c))
BENCH_LIB := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard bench/lib/*.c))

$(BUILD)/bench/%: $(BUILD)/obj/bench/%.o $(BENCH_LIB) $(call room_lib,base)
	@mkdir -p $(@D)
	@echo '  bench $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lm

.SECONDARY: $(patsubst bench/%.c,$(BUILD)/obj/bench/%.o,$(wildcard bench/*.c))
.PHONY: bench-build
bench-build: $(BENCHES)

# -- fuzz targets: tests/fuzz/fuzz_*.c, the rooms that each links in its first line.
# VARIANT=fuzz CC=clang is libFuzzer; any other only replays inputs (tests/fuzz/run.sh).

fuzz_rooms = $(shell sed -n '1s,^/\* rooms: \(.*\) \*/$$,\1,p' $(1))

.SECONDEXPANSION:
$(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c $(if $(filter fuzz,$(VARIANT)),,tests/fuzz/replay.c) \
    $$(foreach r,$$(call fuzz_rooms,tests/fuzz/fuzz_$$*.c),$$(call room_lib,$$r))
	@mkdir -p $(@D)
	@echo '  fuzz  $<'
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -MF $@.d -o $@ $(filter %.c,$^) $(LDFLAGS_ALL) \
	  -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(PKG_LIBS)

# -- checking ---------------------------------------------------------------

.PHONY: test lint fmt bench fuzz
test:
	$(Q)scripts/install-packages.sh build test fuzz lint bench
	$(Q)scripts/test.sh

lint:
	$(Q)scripts/install-packages.sh build lint
	$(Q)scripts/lint.sh

C_FILES = $(shell git ls-files -co --exclude-standard '*.c' '*.h')
fmt:
	$(Q)clang-format -i $(C_FILES)

bench: deps-build
	$(Q)scripts/install-packages.sh build bench
	$(Q)BUILD=$(BUILD) bench/run.sh $(if $(QUICK),--quick)

fuzz:
	$(Q)scripts/install-packages.sh build fuzz
	$(Q)tests/fuzz/run.sh --seconds $(SECONDS) $(T)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
