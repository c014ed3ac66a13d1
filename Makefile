# SPDX-License-Identifier: GPL-2.0-only
#
# make              programs and the BPF object, below build/
# make module       the kernel module for KDIR, below build/module/
# make demo         the main job, from nothing
# make eval         the evaluation, all experiments on the quick grid; make eval-full: the full grid
# make bench-compile what a change costs in userspace
# make check        all tests; check-unit check-bpf check-fuzz check-eval check-vm check-style are its parts
# make bench-update what an update of one endpoint costs, natively
# make install      DKMS source, programs, man pages, unit

VERSION  := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' dkms.conf)
PREFIX   ?= /usr/local
DESTDIR  ?=
KERNEL   ?= 6.1
BUILD    := build

CC       ?= gcc
CLANG    ?= clang
BPFTOOL  ?= $(shell command -v bpftool || echo /usr/sbin/bpftool)

# Recursive, so that pkg-config runs only for what is built.
PACKAGES  = libbpf libmnl libnftnl libprotobuf-c yaml-0.1 sqlite3 libsystemd jansson
PKG_CFLAGS = $(shell pkg-config --cflags $(PACKAGES))
PKG_LIBS  = $(shell pkg-config --libs $(PACKAGES))

WARN     := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith
CFLAGS   ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -DTWP_VERSION='"$(VERSION)"' -Iuserspace -Ikmod/uapi -I$(BUILD)/gen
OURCFLAGS = -std=gnu11 $(WARN) -fstack-protector-strong $(CFLAGS)
SANITIZE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

POLICY   := $(wildcard userspace/policy/*.c)
BACKEND  := $(wildcard userspace/backend/*.c)
MODULE   := $(wildcard userspace/module/*.c)
GEN_C    := $(BUILD)/gen/twinpath.pb-c.c
GEN_H    := $(BUILD)/gen/twinpath.pb-c.h $(BUILD)/gen/judge.skel.h $(BUILD)/gen/eval_tc.skel.h

# $(1): build folder, $(2): sources
objects   = $(patsubst %.c,$(BUILD)/$(1)/%.o,$(2))

PROGRAMS := $(BUILD)/twinpathd $(BUILD)/twinctl

.PHONY: all
all: $(PROGRAMS) $(BUILD)/judge.bpf.o

# ---------------------------------------------------------------- from nothing
# These two install what they need, so they need a root shell on Debian 12 and nothing else.
# What they need is known only after that, hence a make of its own for the rest.
.PHONY: demo
demo:
	tests/vm/deps build vm $(KERNEL)
	$(MAKE) --no-print-directory all
	tests/vm/dkms $(KERNEL)
	KERNEL=$(KERNEL) demo/run

# All experiments in a guest in virtual time. The full grid takes hours.
.PHONY: eval eval-full
eval eval-full:
	tests/vm/deps build vm eval $(KERNEL)
	$(MAKE) --no-print-directory all
	tests/vm/dkms $(KERNEL)
	KERNEL=$(KERNEL) demo/eval $(if $(filter eval-full,$@),--grid full) $(EVAL)

# check is what a developer waits for; check-all takes everything on every kernel and in the long form, and
# check-debug the packet path on a kernel that looks for its own faults, built once: see tests/check.
.PHONY: check check-all check-debug
check check-all:
	tests/vm/deps build vm eval browser 6.1 6.12
	tests/check $(if $(filter check-all,$@),all,quick)

check-debug:
	tests/vm/deps build vm debug
	tests/check debug

# ---------------------------------------------------------------- programs

$(BUILD)/gen/twinpath.pb-c.c $(BUILD)/gen/twinpath.pb-c.h &: proto/twinpath.proto
	@mkdir -p $(@D)
	protoc --proto_path=proto --c_out=$(@D) $<

# The programs of backend bpf, of twineval and of tests. The include folder is that of the
# compiler's target libc, below its sysroot if it has one.
define compile_bpf
@mkdir -p $(@D)
$(CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -Ikmod/uapi \
	-idirafter $(shell $(CC) -print-sysroot 2>/dev/null)/usr/include/$(shell $(CC) -dumpmachine) -c $< -o $@
endef

$(BUILD)/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) kmod/uapi/twinpath.h
	$(compile_bpf)
$(BUILD)/%.bpf.o: tests/bpf/%.bpf.c
	$(compile_bpf)

$(BUILD)/gen/%.skel.h: $(BUILD)/%.bpf.o
	@mkdir -p $(@D)
	$(BPFTOOL) gen skeleton $< name $* > $@.tmp && mv $@.tmp $@

# plain objects, and the same under sanitizers for the tests
define compile
$$(BUILD)/$(1)/%.o: %.c | $$(GEN_H)
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS) $$(OURCFLAGS) $$(PKG_CFLAGS) $(2) -MMD -MP -c $$< -o $$@
$$(BUILD)/$(1)/gen/%.o: $$(BUILD)/gen/%.c
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS) $$(OURCFLAGS) $$(PKG_CFLAGS) $(2) -MMD -MP -c $$< -o $$@
endef
$(eval $(call compile,obj,))
$(eval $(call compile,san,$(SANITIZE)))

GEN_O     = $(BUILD)/$(1)/gen/twinpath.pb-c.o

DAEMON_O := $(call objects,obj,$(wildcard userspace/twinpathd/*.c) $(wildcard userspace/control/*.c) $(POLICY) $(BACKEND) $(MODULE)) $(call GEN_O,obj)
CTL_O    := $(call objects,obj,$(wildcard userspace/twinctl/*.c) $(wildcard userspace/control/*.c) $(POLICY)) $(call GEN_O,obj)

$(BUILD)/twinpathd: $(DAEMON_O)
	$(CC) $(OURCFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

$(BUILD)/twinctl: $(CTL_O)
	$(CC) $(OURCFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

# ---------------------------------------------------------------- tools of demo and tests
# They need no library but libc, so that they run in any guest.
TOOLS    := $(BUILD)/tcp_rr $(BUILD)/traffic

.PHONY: tools
tools: $(TOOLS)
all: tools

$(BUILD)/tcp_rr: $(addprefix userspace/twineval/,tcp_rr.c net.c net.h)
$(BUILD)/traffic: $(addprefix userspace/twineval/,traffic.c traffic_client.c net.c traffic.h net.h)
$(TOOLS):
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(OURCFLAGS) $(LDFLAGS) $(filter %.c,$^) -o $@

# ---------------------------------------------------------------- evaluation
EVAL_C   := $(filter-out $(addprefix userspace/twineval/,tcp_rr.c traffic.c traffic_client.c net.c),$(wildcard userspace/twineval/*.c))

all: $(BUILD)/twineval

$(BUILD)/twineval: $(call objects,obj,$(EVAL_C) $(POLICY))
	$(CC) $(OURCFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -lm -o $@

# What the tests of tests/eval set up topologies and datapaths with, as root.
EVAL_HELP := $(patsubst tests/eval/%.c,$(BUILD)/tests/eval/%,$(wildcard tests/eval/*.c))

all: $(EVAL_HELP)

$(EVAL_HELP): $(BUILD)/tests/eval/%: $(BUILD)/obj/tests/eval/%.o $(call objects,obj,$(filter-out %/main.c,$(EVAL_C)) $(POLICY))
	@mkdir -p $(@D)
	$(CC) $(OURCFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -lm -o $@

# The plugin with which the emulator counts instructions: tests/vm/run --profile.
PROFILE  := $(BUILD)/vm/profile.so

all: $(PROFILE)

$(PROFILE): tests/vm/profile.c userspace/twineval/mark.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(OURCFLAGS) -fPIC -shared $< -o $@

# Generated cases, what is asked of them, and what is shown when answers differ.
GENERATED := $(addprefix tests/unit/,answers.c disagreement.c generate.c generate_inventory.c \
	generated.c questions.c shrink.c world.c yaml_tree.c)

# The hostile peer of tests/netns: run in guests, so built with everything else.
HOSTILE  := $(BUILD)/tests/netns/hostile

all: $(HOSTILE)

$(HOSTILE): $(call objects,obj,$(wildcard tests/netns/hostile*.c) userspace/control/control.c userspace/policy/error.c) $(BUILD)/obj/gen/twinpath.pb-c.o
	@mkdir -p $(@D)
	$(CC) $(OURCFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

# Who asks oracle and both backends the same; with the daemon's own way into the kernel.
AGREE    := $(BUILD)/tests/netns/agree

all: $(AGREE)

$(AGREE): $(call objects,obj,$(wildcard tests/netns/agree*.c) $(GENERATED) $(addprefix userspace/twinpathd/,program.c ports.c) $(POLICY) $(BACKEND) $(MODULE)) $(call GEN_O,obj)
	@mkdir -p $(@D)
	$(CC) $(OURCFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

# Who asks many flows at once there; needs no library but libc.
ASK      := $(BUILD)/tests/netns/ask

all: $(ASK)

$(ASK): $(wildcard tests/netns/ask*.[ch])
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(OURCFLAGS) $(LDFLAGS) $(filter %.c,$^) -o $@

# ---------------------------------------------------------------- the module
# Built where the sources are, as DKMS does in its own copy of them; so a tree to work in
# builds in a copy of its own, build/module/.
KDIR     ?= /lib/modules/$(shell uname -r)/build
KMOD     := Kbuild Makefile dkms.conf kmod

.PHONY: module
module:
	sh kmod/compat/probe.sh $(KDIR) kmod/compat
	$(MAKE) -C $(KDIR) M=$(CURDIR) W=1 TWP_VERSION=$(VERSION) modules

.PHONY: module-copy
module-copy:
	@mkdir -p $(BUILD)/module
	cp -a $(KMOD) $(BUILD)/module/
	$(MAKE) -C $(BUILD)/module module KDIR=$(KDIR)

.PHONY: install-dkms
install-dkms:
	rm -rf $(DESTDIR)/usr/src/twinpath-$(VERSION)
	install -d $(DESTDIR)/usr/src/twinpath-$(VERSION)
	cp -R $(KMOD) $(DESTDIR)/usr/src/twinpath-$(VERSION)/

# ---------------------------------------------------------------- install
# What belongs to one machine (state, the socket's group) is made when the daemon's unit starts.
.PHONY: install
install: all install-dkms
	install -D $(BUILD)/twinpathd $(DESTDIR)$(PREFIX)/sbin/twinpathd
	install -D $(BUILD)/twinctl $(DESTDIR)$(PREFIX)/bin/twinctl
	install -D -t $(DESTDIR)$(PREFIX)/bin $(BUILD)/twineval $(BUILD)/tcp_rr $(BUILD)/traffic
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 $(wildcard man/*.8)
	for program in twinctl twineval; do \
		install -D -m 644 userspace/$$program/$$program.bash-completion \
			$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program; \
	done
	install -D -m 644 systemd/modules-load.conf $(DESTDIR)$(PREFIX)/lib/modules-load.d/twinpath.conf
	install -D -m 644 systemd/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/twinpath.conf
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/local/|$(PREFIX)/|' systemd/twinpathd.service \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/twinpathd.service

# ---------------------------------------------------------------- tests
# tests/unit/test_NAME.c: cmocka, no root; linked with policy/, the wire codec and the schema.
UNIT     := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_O    = $(call objects,san,$(POLICY) kmod/wire.c kmod/message.c) $(call GEN_O,san)

$(BUILD)/tests/unit/%: $(BUILD)/san/tests/unit/%.o $(UNIT_O)
	@mkdir -p $(@D)
	$(CC) $(OURCFLAGS) $(SANITIZE) $^ $(PKG_LIBS) $(shell pkg-config --libs cmocka) -o $@

# The tests of twinctl run its sanitized program, against a daemon of their own.
TWINCTL_TESTS := $(filter $(BUILD)/tests/unit/test_twinctl%,$(UNIT))

$(BUILD)/san/twinctl: $(call objects,san,$(wildcard userspace/twinctl/*.c) userspace/control/control.c $(POLICY)) $(call GEN_O,san)
	$(CC) $(OURCFLAGS) $(SANITIZE) $^ $(PKG_LIBS) -o $@

$(TWINCTL_TESTS): $(call objects,san,tests/unit/twinctl_run.c tests/unit/twinctl_check.c userspace/control/control.c) | $(BUILD)/san/twinctl

# Those of the daemon link it without its main(), over the kernel of fake_kernel.c.
GENERATED_TESTS := $(addprefix $(BUILD)/tests/unit/,test_generated test_shrink test_daemon_update)
DAEMON_RUN_TESTS := $(filter $(BUILD)/tests/unit/test_daemon%,$(UNIT))
DAEMON_TESTS := $(addprefix $(BUILD)/tests/unit/,test_store test_server) $(DAEMON_RUN_TESTS)

$(DAEMON_TESTS): $(call objects,san,tests/unit/fake_kernel.c userspace/control/control.c $(filter-out %/main.c,$(wildcard userspace/twinpathd/*.c)))
$(DAEMON_RUN_TESTS): $(call objects,san,tests/unit/daemon_run.c)
$(GENERATED_TESTS): $(call objects,san,$(GENERATED))
$(BUILD)/tests/unit/test_control: $(call objects,san,userspace/control/control.c)

# Those of twineval link it without its main().
EVAL_TESTS := $(filter $(BUILD)/tests/unit/test_eval_%,$(UNIT))

$(EVAL_TESTS): $(call objects,san,$(filter-out %/main.c,$(EVAL_C)))
$(EVAL_TESTS): PKG_LIBS += -lm

# Whatever runs tests ends with "N passed, N failed": see tests/summary.
.PHONY: check-unit
check-unit: $(UNIT)
	@BUILD=$(BUILD) tests/unit/run $^

# Generated documents, many: oracle and image must agree. GENERATED_SEED=N begins elsewhere.
GENERATED_ROUNDS ?= 20000

.PHONY: check-generated
check-generated: $(BUILD)/tests/unit/test_generated
	GENERATED_ROUNDS=$(GENERATED_ROUNDS) $<

# ---------------------------------------------------------------- benchmarks
# What a change costs in userspace, by the real clock; no root. The store lies below /tmp. The
# linker puts clocks around the functions that tests/bench/wrap names.
$(BUILD)/tests/bench/compile: $(call objects,obj,tests/bench/compile.c tests/bench/phases.c tests/unit/fake_kernel.c \
		userspace/control/control.c $(filter-out %/main.c,$(wildcard userspace/twinpathd/*.c)) $(POLICY)) \
		$(call GEN_O,obj)
	@mkdir -p $(@D)
	$(CC) $(OURCFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) @tests/bench/wrap -o $@

.PHONY: bench-compile
bench-compile: $(BUILD)/tests/bench/compile
	$<

# ---------------------------------------------------------------- backends
# tests/bpf/test_NAME.c: cmocka, as root on the running kernel without the module, by
# BPF_PROG_TEST_RUN and in network namespaces of their own.
BPF_TESTS := $(patsubst tests/bpf/%.c,$(BUILD)/tests/bpf/%,$(wildcard tests/bpf/test_*.c))
BPF_HELP := $(filter-out $(wildcard tests/bpf/test_*.c tests/bpf/*.bpf.c),$(wildcard tests/bpf/*.c))
# fake_module.c stands between the backend and these, and passes on.
BPF_WRAP := -Wl,--wrap=twp_module_bind_program,--wrap=twp_module_status,--wrap=bpf_map_update_elem,--wrap=bpf_map_delete_elem,--wrap=bpf_map_update_batch
BPF_O     = $(call objects,san,$(BPF_HELP) $(POLICY) $(BACKEND) $(MODULE)) $(call GEN_O,san)

$(BUILD)/san/tests/bpf/fake_module.o: $(BUILD)/gen/hold.skel.h

$(BUILD)/tests/bpf/%: $(BUILD)/san/tests/bpf/%.o $(BPF_O)
	@mkdir -p $(@D)
	$(CC) $(OURCFLAGS) $(SANITIZE) $(BPF_WRAP) $^ $(PKG_LIBS) $(shell pkg-config --libs cmocka) -pthread -o $@

.PHONY: check-bpf
check-bpf: $(BPF_TESTS)
	@BUILD=$(BUILD) tests/bpf/run $^

# What an update costs, by the real clock; as root, without the module.
$(BUILD)/tests/bench/update: $(call objects,obj,tests/bench/update.c tests/bpf/bpf_folder.c $(POLICY) $(BACKEND) $(MODULE)) $(call GEN_O,obj)
	@mkdir -p $(@D)
	$(CC) $(OURCFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

.PHONY: bench-update
bench-update: $(BUILD)/tests/bench/update
	$<

# ---------------------------------------------------------------- fuzzers
# tests/fuzz/fuzz_NAME.c: libFuzzer; linked with policy/, the wire codec and the schema.
# What a check finds must not depend on luck; a hunt has time, and FUZZ_SEED=0.
FUZZ_SECONDS ?= 30
FUZZ_SEED    ?= 1
FUZZ     := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_C   := $(POLICY) kmod/wire.c kmod/message.c $(GEN_C)
FUZZ_H   := $(wildcard tests/*.h userspace/policy/*.h kmod/wire.h kmod/message.h kmod/uapi/*.h)

$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(FUZZ_C) $(FUZZ_H)
	@mkdir -p $(@D)
	$(CLANG) $(CPPFLAGS) -std=gnu11 $(filter-out -Werror,$(WARN)) -O1 -g $(PKG_CFLAGS) $(SANITIZE) \
		-fsanitize=fuzzer $(filter %.c,$^) $(PKG_LIBS) -o $@

.PHONY: check-fuzz
check-fuzz: $(FUZZ)
	@BUILD=$(BUILD) tests/fuzz/run $(FUZZ_SECONDS) $(FUZZ_SEED) $^

# ---------------------------------------------------------------- guests
# make check-vm KERNEL=6.12 TEST=flow, or TEST="flow dnat" for one test of the file.
.PHONY: check-vm
check-vm: all
ifeq ($(TEST),)
	tests/check vm $(KERNEL)
else
	tests/vm/dkms $(KERNEL)
	tests/vm/check $(KERNEL) $(firstword $(TEST)) -- $(wordlist 2,$(words $(TEST)),$(TEST))
endif

# Many generated cases in a guest: oracle, backend nft, backend bpf and packets must agree.
AGREE_CASES ?= 5000
AGREE_SEED ?= 100000

.PHONY: check-agree
check-agree: all
	tests/vm/dkms $(KERNEL)
	tests/vm/run --kernel $(KERNEL) --silence 28800 --env AGREE_CASES=$(AGREE_CASES) \
		--env AGREE_SEED=$(AGREE_SEED) --env AGREE_QUESTIONS=200 -- bash tests/netns/agree.sh

# twineval as root on this machine; make check-eval TEST=topology
.PHONY: check-eval
check-eval: all
	tests/eval/check $(TEST)

# Programs and module for arm64, by cross compilers, and some of those files in an emulated guest.
.PHONY: check-arm64
check-arm64: all
	tests/vm/deps build vm arm64 || [ $$? -eq 77 ]
	@status=0; tests/vm/arm64 || status=$$?; [ $$status -eq 0 ] || [ $$status -eq 77 ]

# Every program that the host's tests run.
.PHONY: test-programs
test-programs: $(UNIT) $(BPF_TESTS) $(FUZZ)

.PHONY: check-style
check-style:
	tests/style

-include $(shell find $(BUILD)/obj $(BUILD)/san -name '*.d' 2>/dev/null)

.PHONY: clean
clean:
	rm -rf $(BUILD)

# No half-written target survives a failed command.
.DELETE_ON_ERROR:
# Keep the objects of tests between runs.
.SECONDARY:
