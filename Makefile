# ocirun: every way to build, run and check it. `make help` lists them; README.md says which two to start with.
# What is built goes to artifacts/ (and bin/, obj/ of each project), the finished program to out/.

PREFIX  ?= /usr/local
DESTDIR ?=
# The runtime under test: a path. The tests and bundles are plain OCI, so RUNTIME=/usr/sbin/runc works too.
RUNTIME ?= $(or $(OCIRUN_BINARY),$(CURDIR)/out/ocirun)
# The bundle that `make run` runs.
BUNDLE  ?= hello

RID := linux-$(if $(filter aarch64,$(shell uname -m)),arm64,x64)

# The .NET SDK in a bare environment (CI, env -i): a home of its own, no greeting, no telemetry, no ICU, no server left behind.
ifneq ($(shell [ -n "$$HOME" ] && [ -d "$$HOME" ] && [ -w "$$HOME" ] && echo yes),yes)
export HOME := $(CURDIR)/artifacts/home
$(shell mkdir -p $(HOME))
endif
export DOTNET_CLI_HOME ?= $(HOME)
export DOTNET_NOLOGO ?= 1
export DOTNET_CLI_TELEMETRY_OPTOUT ?= 1
export DOTNET_SKIP_FIRST_TIME_EXPERIENCE ?= 1
export DOTNET_GENERATE_ASPNET_CERTIFICATE ?= false
export DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE ?= true
ifeq ($(shell ldconfig -p 2>/dev/null | grep -c libicuuc),0)
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT ?= 1
endif
export TESTINGPLATFORM_TELEMETRY_OPTOUT ?= 1
export MSBUILDDISABLENODEREUSE ?= 1
export UseSharedCompilation ?= false
export MSBUILDTERMINALLOGGER ?= off

# Where the shells look below share/; Debian's zsh has a directory of its own for packages.
ZSH_SITE   ?= zsh/site-functions
COMPLETION := bash-completion/completions/ocirun $(ZSH_SITE)/_ocirun fish/vendor_completions.d/ocirun.fish

DOTNET := dotnet
QUIET  := --nologo -v quiet -clp:NoSummary
# musl's own headers first; the kernel's (linux/, asm/) come from Debian's linux-libc-dev.
STATIC_CC = $(if $(shell command -v musl-gcc 2>/dev/null),musl-gcc -idirafter /usr/include -idirafter /usr/include/$(shell gcc -print-multiarch),gcc)
CFLAGS_STATIC := -static -O2 -std=gnu11 -Wall -Wextra -Werror

# Source files of the program; a list of their names makes a removed file count as a change as well.
PROJECTS := $(wildcard src/*/*.csproj tests/*/*.csproj spec-conformance/*/*.csproj docs/man/*.csproj) OciRun.sln Directory.Build.props Directory.Packages.props global.json \
            $(wildcard tests/Directory.Build.props)
SOURCES  := $(shell find src -type f \( -name '*.cs' -o -name '*.csproj' -o -name '*.c' -o -name '*.h' -o -name '*.S' -o -name Makefile \
                -o -name '*.json' -o -name '*.txt' \) -not -path '*/obj/*' -not -path '*/bin/*' | sort)
TEST_SOURCES := $(shell find tests spec-conformance docs/man -type f \( -name '*.cs' -o -name '*.csproj' -o -name '*.json' -o -name '*.c' -o -name '*.h' -o -name '*.tsv' \) \
                -not -path '*/obj/*' -not -path '*/bin/*' 2>/dev/null | sort)
TEST_PROJECTS := $(filter-out tests/OciRun.Integration.Tests/%,$(wildcard tests/*.Tests/*.csproj))
UNIT_TESTS    := $(foreach p,$(TEST_PROJECTS),$(dir $(p))bin/Debug/net10.0/$(basename $(notdir $(p))))
INTEGRATION   := tests/OciRun.Integration.Tests/bin/Debug/net10.0/OciRun.Integration.Tests
BUNDLES       := $(patsubst bundles/%/config.json,%,$(wildcard bundles/*/config.json))

.PHONY: help build publish man deb deb-test run test test-unit test-integration vm-test conformance conformance-table bench bench-images bench-many hot-methods lint install uninstall deps rootfs clean FORCE
.DELETE_ON_ERROR:

help: ## list the targets (this)
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: artifacts/build.stamp ## debug build of everything, tests too

publish: out/ocirun ## one native executable, out/ocirun

man: artifacts/man/ocirun.8 ## manual pages, artifacts/man

run: deps $(if $(filter $(CURDIR)/out/ocirun,$(abspath $(RUNTIME))),publish) rootfs ## build what is missing and run the container of bundles/hello (BUNDLE=name for another)
	@[ "$$(id -u)" = 0 ] || { echo "make run: this container needs root: run 'sudo make run' (docs/rootless.md says how those of ordinary users work)" >&2; exit 1; }
	@exec $(RUNTIME) run --bundle bundles/$(BUNDLE) $(BUNDLE)-$$$$

test: deps-test build publish rootfs artifacts/test-rootfs.stamp artifacts/vm/tests.stamp ## build, publish and run every test, those of cgroups on v2 too, and a few in the lab (VM_TESTS=none: not these); the last line counts them
	@OCIRUN_BINARY=$(abspath $(RUNTIME)) tests/run $(UNIT_TESTS) $(INTEGRATION) tests/cgroup2 tests/lab

test-unit: build ## the tests that need neither root nor the finished program
	@tests/run $(UNIT_TESTS)

test-integration: build artifacts/test-rootfs.stamp $(if $(filter $(CURDIR)/out/ocirun,$(abspath $(RUNTIME))),publish) ## black-box tests of RUNTIME (default out/ocirun); ARGS go to the runner
	@OCIRUN_BINARY=$(abspath $(RUNTIME)) tests/run $(INTEGRATION) -- $(ARGS)

vm-test: publish rootfs artifacts/test-rootfs.stamp artifacts/vm/tests.stamp ## the tests and the engines in a virtual machine with cgroup v2 and systemd (VM_KERNEL=, VM_TESTS=short|all)
	@spec-conformance/vm/test

conformance: artifacts/conformance/build.stamp artifacts/test-rootfs.stamp $(if $(filter $(CURDIR)/out/ocirun,$(abspath $(RUNTIME))),publish) $(if $(LAB),artifacts/vm/conformance.stamp) ## the specification clause by clause, on any runtime (RUNTIME=runc FORMAT=tap|junit|json CGROUP2=yes LAB=yes RUNTIME_TOOLS= ARGS=)
	@$(if $(LAB),RUNTIME='$(RUNTIME)' FORMAT='$(FORMAT)' ARGS='$(ARGS)' spec-conformance/suite/lab,RUNTIME='$(RUNTIME)' FORMAT='$(FORMAT)' CGROUP2='$(CGROUP2)' ARGS='$(ARGS)' RUNTIME_TOOLS='$(RUNTIME_TOOLS)' spec-conformance/suite/run)

conformance-table: deps-test publish artifacts/conformance/build.stamp artifacts/test-rootfs.stamp artifacts/vm/conformance.stamp ## docs/conformance.md: clause, test and result for ocirun, here and in the lab, runc and crun (RUNC_SID= CRUN_SID=)
	@spec-conformance/suite/table

bench: deps-test publish artifacts/rootfs.stamp artifacts/bench/agent artifacts/floor/floor artifacts/bench/build.stamp ## measure against runc, crun and the floor (RUNC= CRUN= RUNC_SID= CRUN_SID= ROUNDS=)
	@spec-conformance/bench/run

bench-images: deps-test publish ## images beside umoci and podman (DEBIAN= a layout that spec-conformance/debian-image makes; UMOCI_NEW= ROUNDS=)
	@spec-conformance/bench/images

bench-many: deps-test publish artifacts/rootfs.stamp ## 1,000 containers, 16 at a time, beside crun and runc (COUNTS= PARALLEL=)
	@spec-conformance/bench/many

hot-methods: publish rootfs artifacts/hot-methods/first-calls ## record which methods the verbs call first, for the compiler to lay side by side (root, x86-64)
	@spec-conformance/hot-methods/record
	@rm -f src/OciRun/obj/Release/net10.0/$(RID)/native/ocirun.o && touch src/OciRun/OciRun.csproj

lint: artifacts/restore.stamp ## formatting, analyzers of C# and C, the changelog
	$(DOTNET) format OciRun.sln --no-restore --verify-no-changes
	@.ci/lint

install: publish man ## the program, manual pages and completion, to DESTDIR/PREFIX (default /usr/local)
	install -D -m 0755 out/ocirun $(DESTDIR)$(PREFIX)/bin/ocirun
	install -d $(DESTDIR)$(PREFIX)/share/man/man8 $(dir $(addprefix $(DESTDIR)$(PREFIX)/share/,$(COMPLETION)))
	install -m 0644 artifacts/man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8
	out/ocirun completion bash > $(DESTDIR)$(PREFIX)/share/$(word 1,$(COMPLETION))
	out/ocirun completion zsh > $(DESTDIR)$(PREFIX)/share/$(word 2,$(COMPLETION))
	out/ocirun completion fish > $(DESTDIR)$(PREFIX)/share/$(word 3,$(COMPLETION))

uninstall: ## remove them from there
	rm -f $(DESTDIR)$(PREFIX)/bin/ocirun $(DESTDIR)$(PREFIX)/share/man/man8/ocirun.8 $(DESTDIR)$(PREFIX)/share/man/man8/ocirun-*.8
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/,$(COMPLETION))

deb: publish man ## a Debian package, artifacts/deb
	@packaging/deb/build

deb-test: deb rootfs ## install, use, remove and purge it in a fresh Debian 12; lintian where it is installed
	@.ci/deps deb
	@! command -v lintian >/dev/null || lintian --fail-on error,warning artifacts/deb/*.deb
	@packaging/deb/fresh packaging/deb/test artifacts/deb/*.deb

deps: ## install what the build needs and is missing (Debian packages; root)
	@.ci/deps build

deps-test: ## the same for the tests: other runtimes and engines to compare with
	@.ci/deps build test

rootfs: $(BUNDLES:%=bundles/%/rootfs/.stamp) ## a busybox root file system for each of bundles/

clean: ## remove everything that was built
	rm -rf --one-file-system out artifacts bundles/*/rootfs
	find src tests spec-conformance docs -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +

# --- files -----------------------------------------------------------------------------------------------------------------

artifacts/restore.stamp: $(PROJECTS)
	@command -v $(DOTNET) >/dev/null || { echo "make: dotnet not found: install the .NET 10 SDK" >&2; exit 1; }
	@mkdir -p artifacts
	$(DOTNET) restore OciRun.sln --nologo -v quiet
	@touch $@

artifacts/sources.list: FORCE
	@mkdir -p artifacts
	@echo '$(SOURCES) $(TEST_SOURCES)' | cmp -s - $@ || echo '$(SOURCES) $(TEST_SOURCES)' > $@

artifacts/build.stamp: artifacts/restore.stamp artifacts/sources.list $(SOURCES) $(TEST_SOURCES)
	$(DOTNET) build OciRun.sln -c Debug --no-restore $(QUIET)
	@touch $@

out/ocirun: artifacts/restore.stamp artifacts/sources.list $(SOURCES)
	$(DOTNET) publish src/OciRun/OciRun.csproj -c Release -r $(RID) --no-restore -o artifacts/publish $(QUIET)
	@mkdir -p out
	@install -m 0755 artifacts/publish/ocirun out/.ocirun.new && mv out/.ocirun.new $@

artifacts/man/ocirun.8: artifacts/restore.stamp artifacts/sources.list $(SOURCES) $(wildcard docs/man/*)
	$(DOTNET) build docs/man/OciRun.Man.csproj -c Debug --no-restore $(QUIET)
	@rm -f artifacts/man/*.8
	docs/man/bin/Debug/net10.0/OciRun.Man docs/man "$$(git log -1 --format=%cs 2>/dev/null || date -I)" artifacts/man

artifacts/rootfs.stamp: bundles/mkrootfs
	@mkdir -p artifacts
	@bundles/mkrootfs artifacts/rootfs
	@touch $@

bundles/%/rootfs/.stamp: artifacts/rootfs.stamp
	@mkdir -p bundles/$*/rootfs
	@cp -a --remove-destination artifacts/rootfs/. bundles/$*/rootfs
	@touch $@

artifacts/probe/probe: $(wildcard tests/probe/*.c tests/probe/*.h)
	@mkdir -p artifacts/probe
	$(STATIC_CC) $(CFLAGS_STATIC) -o $@ $(filter %.c,$^)

artifacts/probe/tiny: tests/tiny/tiny.c
	@mkdir -p artifacts/probe
	gcc -static -nostdlib -Os -Wall -Wextra -Werror -Wl,--build-id=none -Wl,-z,noseparate-code -s -o $@ $<

artifacts/probe/criu: tests/criu/criu.c
	@mkdir -p artifacts/probe
	$(STATIC_CC) $(CFLAGS_STATIC) -o $@ $<

artifacts/test-rootfs.stamp: artifacts/probe/probe artifacts/probe/tiny artifacts/probe/criu artifacts/rootfs.stamp
	@mkdir -p artifacts/test-rootfs
	@cp -a --remove-destination artifacts/rootfs/. artifacts/test-rootfs
	@install -m 0755 artifacts/probe/probe artifacts/probe/tiny artifacts/test-rootfs/bin
	@touch $@

artifacts/vm/tests.stamp: artifacts/build.stamp
	@mkdir -p artifacts/vm
	$(DOTNET) publish tests/OciRun.Integration.Tests/OciRun.Integration.Tests.csproj -c Debug -r $(RID) --self-contained -o artifacts/vm/tests $(QUIET)
	@touch $@

artifacts/vm/conformance.stamp: artifacts/conformance/build.stamp
	@mkdir -p artifacts/vm
	$(DOTNET) publish spec-conformance/suite/OciRun.Conformance.csproj -c Debug -r $(RID) --self-contained -o artifacts/vm/conformance $(QUIET)
	@touch $@

artifacts/floor/floor: spec-conformance/floor/floor.c
	@mkdir -p artifacts/floor
	$(STATIC_CC) $(CFLAGS_STATIC) -o $@ $<

artifacts/bench/agent: spec-conformance/bench/agent.c
	@mkdir -p artifacts/bench
	$(STATIC_CC) $(CFLAGS_STATIC) -o $@ $<

artifacts/hot-methods/first-calls: spec-conformance/hot-methods/first-calls.c
	@mkdir -p artifacts/hot-methods
	gcc -O2 -Wall -Wextra -Werror -o $@ $<

artifacts/conformance/build.stamp: artifacts/restore.stamp artifacts/sources.list $(filter spec-conformance/suite/% spec-conformance/clauses/%,$(TEST_SOURCES))
	@mkdir -p artifacts/conformance
	$(DOTNET) build spec-conformance/suite/OciRun.Conformance.csproj -c Debug --no-restore $(QUIET)
	@touch $@

artifacts/bench/build.stamp: artifacts/restore.stamp $(wildcard spec-conformance/bench/*.cs spec-conformance/bench/*.csproj spec-conformance/bench/*.json)
	@mkdir -p artifacts/bench
	$(DOTNET) build spec-conformance/bench/OciRun.Bench.csproj -c Release --no-restore $(QUIET)
	@touch $@
