# docker's engine: the runtime is chosen by name in daemon.json. Sourced by engines.
# shellcheck shell=bash

docker_run() { docker run --runtime "$(docker_name)" --network none "$@"; }
docker_name() { [ "$runtime" = "$ours" ] && echo ocirun || echo runc; }
docker_status() { docker_run --rm busybox sh -c "exit $1"; }
docker_limits() { docker_run --rm -m 64m --cpus 0.5 --pids-limit 50 busybox sh -c 'cd /sys/fs/cgroup && cat memory.max cpu.max pids.max'; }
docker_terminal() { script -qec "docker run --runtime $(docker_name) --network none --rm -t busybox tty" /dev/null; }
docker_life() {
    docker_run -d --init --name life busybox sleep 1000 >/dev/null
    docker exec life sh -c 'echo inside; exit 6' || echo "exec: $?"
    docker exec --user 7:8 life id -u
    docker pause life && docker inspect --format '{{.State.Status}}' life
    docker unpause life && docker inspect --format '{{.State.Status}}' life
    docker update --memory 80m --memory-swap 80m life && docker exec life cat /sys/fs/cgroup/memory.max
    docker top life -o pid,args | tail -n +2 | awk '{ print $NF }' | sort | xargs
    docker stats --no-stream --format '{{.Name}} {{.PIDs}}' life
    docker restart --time 1 life
    docker kill life
    docker wait life
    docker rm life
}

docker_tests() {
    mkdir -p /etc/docker /etc/systemd/system/docker.service.d
    cp "$files/daemon.json" /etc/docker/daemon.json
    # What is the lab's own: the containers of these tests have no network, and Debian's kernel for user mode has no bridges.
    cat >/etc/systemd/system/docker.service.d/lab.conf <<UNIT
[Service]
ExecStart=
ExecStart=/usr/sbin/dockerd -H fd:// --bridge none --iptables=false --ip6tables=false --exec-opt native.cgroupdriver=systemd
UNIT
    systemctl daemon-reload
    systemctl start docker && waits docker version || { echo "not ok - docker does not start"; failed=$((failed + 1)); journalctl -u docker -n 5 --no-pager; return; }
    docker image inspect busybox >/dev/null 2>&1 || docker import "$(image_tar)" busybox >/dev/null
    expects=42 same "docker: exit status 42" docker_status 42
    same "docker: limits, read from inside" docker_limits
    if [ "$depth" != short ]; then
        same "docker: exit status 0" docker_status 0
        same "docker: a terminal" docker_terminal
        same "docker: a container's life" docker_life
    fi
    systemctl stop docker docker.socket containerd
}
