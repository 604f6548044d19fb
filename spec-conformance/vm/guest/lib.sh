# What the tests of engines share. Sourced by engines; runs in the guest.
# shellcheck shell=bash

ours=${OCIRUN_BINARY:-/mnt/share/out/ocirun}
theirs=/usr/sbin/runc
files=${OCIRUN_REPOSITORY:-/mnt/share}/docs/engines # what docs/engines.md tells users to install
passed=0 failed=0 skipped=0
work=$(mktemp -d)
chmod 0755 "$work"

# same NAME FUNCTION [ARGUMENT...]: the function does what a user does, with $runtime, and prints what the user sees. It passes where it says
# of ocirun what it says of runc, and exits alike: nothing is expected that an engine does not do with the runtime it was written for. With runc it
# has to exit with $expects (0), so that two failures of the engine itself are no success.
same() {
    local name=$1 status expected
    shift
    for runtime in "$theirs" "$ours"; do
        label=$(basename "$runtime")
        status=0
        ( "$@" ) >"$work/$label" 2>&1 </dev/null || status=$?
        echo "exit status $status" >>"$work/$label"
        # Names of runtimes and of containers differ by design, numbers that count bytes or pids by chance.
        sed -i -e "s|$runtime|RUNTIME|g" -e "s/\\b$label\\b/RUNTIME/g" -e 's/\b[0-9a-f]\{64\}\b/ID/g' "$work/$label"
    done
    expected=$work/$(basename "$theirs")
    if ! grep -qx "exit status ${expects:-0}" "$expected"; then
        failed=$((failed + 1))
        echo "not ok - $name: not even with runc"
        sed 's/^/#   /' "$expected"
    elif cmp -s "$expected" "$work/$(basename "$ours")"; then
        passed=$((passed + 1))
        echo "ok - $name: $(tr '\n' ';' <"$expected" | cut -c1-160)"
    else
        failed=$((failed + 1))
        echo "not ok - $name"
        diff "$expected" "$work/$(basename "$ours")" | sed 's/^/#   /'
    fi
}

# proves NAME COMMAND...: what only ocirun can do, and so cannot be compared.
proves() {
    local name=$1
    shift
    if ( "$@" ) >"$work/proof" 2>&1 </dev/null; then
        passed=$((passed + 1))
        echo "ok - $name"
    else
        failed=$((failed + 1))
        echo "not ok - $name"
        sed 's/^/#   /' "$work/proof"
    fi
}

skip() {
    skipped=$((skipped + 1))
    echo "ok - $1 # SKIP $2"
}

# The image that every engine gets: busybox and the probe, as a tar file.
image_tar() {
    [ -s "$work/image.tar" ] || tar -C "${OCIRUN_REPOSITORY:-/mnt/share}/artifacts/test-rootfs" --owner=0 --group=0 --exclude=./root -cf "$work/image.tar" .
    echo "$work/image.tar"
}

# waits COMMAND...: until it succeeds; a machine without hardware acceleration takes its time.
waits() {
    local tries
    for ((tries = 0; tries < 150; tries++)); do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.2
    done
    echo "gave up waiting for: $*"
    return 1
}
