# A running machine: booting it, commands in it, ending it. Sourced by lab.
# shellcheck shell=bash

machine_directory() { echo "$VM_CACHE/run/$name"; }

# Sets machine to the pid of the machine's outermost process; fails where there is none.
machine_find() {
    machine=$(cat "$(machine_directory)/pid" 2>/dev/null) && [ "$(cat "/proc/$machine/comm" 2>/dev/null)" = unshare ]
}

# A forgotten machine is ended by timeout; each process dies with the one above it, and the pid namespace takes all of the kernel's along.
machine_start() {
    local directory started=$SECONDS outer options=()
    directory=$(machine_directory)
    ! machine_find || die "machine \"$name\" is up already"
    case $share in *[[:space:]]*) die "-s: a kernel argument holds no blanks: $share" ;; esac
    [ -z "$share" ] || options=("hostfs=$share" lab.share)
    rm -rf --one-file-system "$directory"
    mkdir -p -m 0700 "$directory"

    mkdir "$directory/memory"
    TMPDIR=$directory/memory HOME=$directory timeout --signal=KILL "$VM_LIFE" setpriv --pdeathsig KILL unshare --net --pid --mount --fork --kill-child \
        sh -c 'mount -t tmpfs -o size=100% tmpfs "$TMPDIR" && ip link set lo up && ip link add v0 type veth peer name v1 && ip address add 10.0.2.2/24 dev v0 && ip link set v0 up && ip link set v1 up && exec "$@"' - \
        "$kernel" mem="${VM_MEMORY}M" ncpus="$VM_CPUS" ubd0="$directory/changes,$image" root=/dev/ubda rw vec0:transport=raw,ifname=v1 \
        seccomp=auto con=null con0=null,fd:1 ssl=null quiet audit=0 systemd.show_status=no ${options[@]+"${options[@]}"} \
        >"$directory/console" 2>&1 </dev/null 8>&- &
    outer=$!
    disown
    until machine=$(pgrep -P "$outer" -x unshare); do
        kill -0 "$outer" 2>/dev/null || die "no start: $(cat "$directory/console")"
        sleep 0.05
    done
    echo "$machine" >"$directory/pid"
    until machine_ssh root 10 true 2>/dev/null; do
        machine_find || die "the machine ended: $(tail -n 20 "$directory/console")"
        [ $((SECONDS - started)) -lt 240 ] || { tail -n 20 "$directory/console" >&2; die "no way in after 240 s"; }
        sleep 0.2
    done
    [ -z "$share" ] || machine_ssh root 10 mountpoint -q /mnt/share || die "the host's directory is not mounted: $(tail -n 5 "$directory/console")"
    say "machine \"$name\" up in $((SECONDS - started)) s: Linux $(machine_ssh root 10 uname -r)"
}

# The network namespace of the machine has no route out: ssh is the only thing that ever goes there. Its socket's path is relative, since an absolute
# one may be too long.
machine_ssh() {
    local as=$1 seconds=$2
    shift 2
    (
        cd "$(machine_directory)" && exec nsenter --target "$machine" --net timeout --kill-after=5 "$seconds" ssh -F none -q -i "$VM_CACHE/key" \
            -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=10 \
            -o ControlMaster=auto -o ControlPath=./ssh-%r -o ControlPersist=yes -o ServerAliveInterval=300 "$as@10.0.2.15" "$@"
    )
}

machine_exec() {
    local command=$1
    machine_find || die "machine \"$name\" is not up"
    [ $# -eq 1 ] || command=$(printf '%q ' "$@")
    machine_ssh "$user" "$limit" "$command"
}

machine_stop() {
    local directory tries way
    directory=$(machine_directory)
    for way in "$directory"/ssh-*; do # the connections are processes of the host, which nobody tells
        [ ! -S "$way" ] || (cd "$directory" && ssh -F none -q -o "ControlPath=./${way##*/}" -O exit lab 2>/dev/null) || true
    done
    if machine_find; then
        kill -KILL "$machine" # unshare --kill-child: the whole pid namespace goes
        for ((tries = 0; tries < 100; tries++)); do
            machine_find || break
            sleep 0.05
        done
    fi
    rm -rf --one-file-system "$directory"
}
