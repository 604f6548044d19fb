# podman, of root or of the user who runs it, with one of its cgroup managers. Sourced by engines.
# shellcheck shell=bash

podman_with() { podman --cgroup-manager="$manager" --runtime "$runtime" "$@"; }
podman_run() { podman_with run --network none "$@"; }

podman_status() { podman_run --rm busybox sh -c "exit $1"; }
podman_missing() {
    local words status=0
    words=$(podman_run --rm busybox /nowhere 2>&1) || status=$?
    grep -o 'no such file or directory\|executable file not found' <<<"$words" | head -n 1
    return "$status"
}
podman_terminal() { script -qec "$(declare -f podman_with podman_run); manager=$manager runtime=$runtime; podman_run --rm -t busybox tty" /dev/null; }
podman_readonly() { podman_run --rm --read-only --tmpfs /tmp busybox sh -c 'touch /tmp/a && ls /tmp; touch /b'; }
podman_volume() { mkdir -p "$work/volume"; echo "from the host" >"$work/volume/a"; podman_run --rm -v "$work/volume:/v:ro" busybox sh -c 'cat /v/a; echo b > /v/b'; }
podman_user() { podman_run --rm --user 1000:1000 --cap-drop ALL busybox sh -c 'id -u; id -g; grep Cap /proc/self/status'; }
podman_limits() { podman_run --rm -m 64m --cpus 0.5 --pids-limit 50 busybox sh -c 'cd /sys/fs/cgroup && cat memory.max cpu.max pids.max'; }
podman_where() { podman_run --rm --cgroupns host busybox sh -c 'sed "s/libpod-[^.]*/NAME/;s/[0-9a-f]\{64\}/NAME/g" /proc/self/cgroup'; }
podman_keep_id() { podman_run --rm --userns keep-id busybox id -u; }

# A container that lives, and everything that is done to it.
podman_life() {
    podman_run -d --name life --health-cmd 'test -e /etc/passwd' busybox sh -c 'trap "exit 3" TERM; sleep 1000 & echo started; wait' >/dev/null
    waits sh -c "podman logs life | grep -q started"
    echo "exec: $(podman_with exec life sh -c 'echo inside; exit 4'; echo $?)"
    echo "exec as: $(podman_with exec --user 7:8 --workdir /tmp --env A=b life sh -c 'id -u; id -g; pwd; echo $A' | xargs)"
    echo "exec -it: $(script -qec "podman --cgroup-manager=$manager --runtime $runtime exec -it life tty" /dev/null | tr -d '\r')"
    echo "top: $(podman_with top life args | tail -n +2 | cut -c1-10 | sort -u | xargs)"
    podman_with healthcheck run life && echo healthy
    podman_with pause life >/dev/null && podman inspect --format '{{.State.Status}}' life
    podman_with unpause life >/dev/null && podman inspect --format '{{.State.Status}}' life
    podman_with update --memory 80m life >/dev/null && podman_with exec life cat /sys/fs/cgroup/memory.max
    podman_with stats --no-stream --format '{{.Name}} {{.PIDS}}' life
    podman_with stop --time 20 life >/dev/null
    podman inspect --format '{{.State.Status}} {{.State.ExitCode}}' life
    podman_with start life >/dev/null && podman inspect --format '{{.State.Status}}' life
    podman_with kill --signal KILL life >/dev/null
    podman_with wait life
    podman logs life | sort | uniq -c | xargs
    podman_with rm -f life >/dev/null
}

podman_pod() {
    cat >"$work/pod.yaml" <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: small}
spec:
  hostNetwork: true
  restartPolicy: Never
  containers:
  - {name: a, image: localhost/busybox, imagePullPolicy: Never, command: [sh, -c, "trap 'exit 0' TERM; echo of the pod; sleep 1000 & wait"], resources: {limits: {memory: 32Mi}}}
YAML
    podman_with kube play "$work/pod.yaml" >/dev/null
    waits sh -c "podman logs small-a | grep -q pod"
    podman logs small-a
    podman_with exec small-a cat /sys/fs/cgroup/memory.max
    podman_with kube down "$work/pod.yaml" >/dev/null
}

# As docs/engines.md tells it: no word of the runtime on the command line.
podman_configured() {
    local conf=/etc/containers/containers.conf.d/50-ocirun.conf options=(--cgroup-manager="$manager")
    [ "$(id -u)" = 0 ] || conf=$HOME/.config/containers/containers.conf
    if [ "$runtime" = "$ours" ]; then
        mkdir -p "$(dirname "$conf")" && cp "$files/containers.conf" "$conf"
    else
        options+=(--runtime "$runtime")
    fi
    podman "${options[@]}" info --format '{{.Host.OCIRuntime.Name}}'
    podman "${options[@]}" run --rm --network none busybox sh -c 'exit 42'; echo "$?"
    podman "${options[@]}" run --rm --network none busybox /nowhere 2>&1 | grep -o 'no such file or directory\|executable file not found' | head -n 1
    rm -f "$conf"
}

podman_tests() {
    manager=$1
    local who
    who="podman ($(id -un), $manager)"
    podman image exists busybox || podman import "$(image_tar)" busybox >/dev/null 2>&1
    expects=42 same "$who: exit status 42" podman_status 42
    same "$who: limits, read from inside" podman_limits
    [ "$depth" != short ] || return 0
    for status in 0 1; do expects=$status same "$who: exit status $status" podman_status "$status"; done
    expects=127 same "$who: a program that is not there" podman_missing
    same "$who: a terminal" podman_terminal
    expects=1 same "$who: read-only with a tmpfs" podman_readonly
    expects=1 same "$who: a read-only volume" podman_volume
    same "$who: a user without capabilities" podman_user
    same "$who: its place among the cgroups" podman_where
    [ "$(id -u)" = 0 ] || same "$who: --userns keep-id" podman_keep_id
    same "$who: as containers.conf says" podman_configured
    same "$who: a container's life" podman_life
    same "$who: a pod" podman_pod
}
