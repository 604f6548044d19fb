# containerd's own client, with the runtime as the shim's runc. Sourced by engines.
# shellcheck shell=bash

ctr_run() { ctr run --runc-binary "$runtime" "$@"; }
ctr_status() { ctr_run --rm localhost/busybox:latest "status-$1" sh -c "exit $1"; }
# ctr mounts no cgroups: the limits are read from outside.
ctr_limits() {
    ctr_run -d --memory-limit 67108864 --cpus 0.5 localhost/busybox:latest limits sleep 1000
    cat /sys/fs/cgroup/default/limits/memory.max /sys/fs/cgroup/default/limits/cpu.max
    ctr task kill --signal KILL limits
    waits sh -c "ctr task ls | grep -q 'limits.*STOPPED'"
    ctr task delete limits >/dev/null 2>&1
    ctr container delete limits
}
ctr_systemd() {
    ctr_run -d --runc-systemd-cgroup --cgroup system.slice:ctr:scope --memory-limit 67108864 --cpus 0.5 localhost/busybox:latest scope sleep 1000
    cat /sys/fs/cgroup/system.slice/ctr-scope.scope/memory.max /sys/fs/cgroup/system.slice/ctr-scope.scope/cpu.max
    systemctl show --property MemoryMax,CPUQuotaPerSecUSec ctr-scope.scope
    ctr task kill --signal KILL scope
    waits sh -c "ctr task ls | grep -q 'scope.*STOPPED'"
    ctr task delete scope >/dev/null 2>&1
    ctr container delete scope
    systemctl list-units --all --no-legend ctr-scope.scope
}
ctr_life() {
    ctr_run -d localhost/busybox:latest life sleep 1000
    ctr task exec --exec-id one life sh -c 'echo inside; exit 5' || echo "exec: $?"
    ctr task ls | awk '$1 == "life" { print $3 }'
    ctr task pause life && ctr task ls | awk '$1 == "life" { print $3 }'
    ctr task resume life && ctr task ls | awk '$1 == "life" { print $3 }'
    ctr task ps life | tail -n +2 | wc -l
    ctr task kill --signal KILL life
    waits sh -c "ctr task ls | grep -q 'life.*STOPPED'"
    ctr task delete life 2>&1 | sed 's/time=.*//'
    ctr container delete life
}

# The CRI plugin, that is Kubernetes: it loads the file, and its handler runs our program.
containerd_dump() { containerd --config /etc/containerd/config.toml config dump | grep -A 20 'runtimes\.ocirun' | grep "BinaryName = ['\"]/usr/bin/ocirun['\"]"; }
containerd_plugin() { ctr plugins ls | awk '/cri/ && $NF != "ok" { print; bad = 1 } /cri/ { found = 1 } END { exit bad || !found }'; }

containerd_tests() {
    mkdir -p /etc/containerd
    cp "$files/containerd.toml" /etc/containerd/config.toml
    proves "containerd: the file is read, and means /usr/bin/ocirun" containerd_dump
    systemctl start containerd && waits ctr version || { echo "not ok - containerd does not start"; failed=$((failed + 1)); return; }
    podman image exists busybox || podman import "$(image_tar)" busybox >/dev/null 2>&1
    podman save --format docker-archive busybox 2>/dev/null | ctr image import - >/dev/null
    ctr image ls -q | grep -qx localhost/busybox:latest || { echo "not ok - containerd does not take the image"; failed=$((failed + 1)); return; }
    proves "containerd: its CRI plugin runs with the file" containerd_plugin
    expects=42 same "ctr: exit status 42" ctr_status 42
    if [ "$depth" != short ]; then
        same "ctr: exit status 0" ctr_status 0
        same "ctr: limits" ctr_limits
        same "ctr: limits of a systemd scope" ctr_systemd
        same "ctr: a container's life" ctr_life
    fi
    systemctl stop containerd
}
