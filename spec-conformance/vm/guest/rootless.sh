# Ordinary users without an engine: with and without subordinate ids, and a systemd of their own. Sourced by engines; of root, who becomes each of them.
# shellcheck shell=bash

# As $user, with nothing of root's: in a service of the user's own systemd, or without one, in a cgroup of root's.
as_user() {
    local words=(env -i "PATH=$PATH" "HOME=/home/$user" "runtime=$runtime" "bundle=$bundle")
    if [ "$manager" = systemd ]; then
        systemd-run --quiet --expand-environment=no --user --machine="$user@.host" --pipe --wait --collect "${words[@]}" "XDG_RUNTIME_DIR=/run/user/$(id -u "$user")" "$@"
    else
        (cd / && exec setpriv --reuid "$user" --regid "$user" --init-groups --inh-caps=-all "${words[@]}" "$@")
    fi
}

# rootless_run GLOBAL-OPTION CHANGE-OF-THE-CONFIG PROGRAM: what it prints, or "refused": the words of a refusal are each runtime's own.
rootless_run() {
    as_user sh -c 'cd "$bundle" && rm -f config.json && "$runtime" spec --rootless &&
        jq --arg program "$3" ".process.terminal = false | .process.args = [\"sh\", \"-c\", \$program] | $2" config.json >changed && mv changed config.json &&
        "$runtime" --root "$bundle/state" $1 run "rootless-$$" 2>error || { sed "s/^/# ${runtime##*/}: /" error >>refusals; echo refused; }' sh "$@"
}

rootless_single() { rootless_run '' . 'id -u; id -g; xargs </proc/self/uid_map'; }
rootless_many() {
    rootless_run '' '.linux.uidMappings += [{containerID: 1, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings | .process.user = {uid: 1000, gid: 1000}' \
        'id -u; xargs </proc/self/uid_map'
}
# The limit is read where it is in force.
rootless_limit() {
    rootless_run "$1" 'del(.linux.namespaces[] | select(.type == "cgroup")) | .linux.resources.pids.limit = 50
        | .mounts += [{destination: "/cgroup", type: "bind", source: "/sys/fs/cgroup", options: ["rbind", "ro"]}]' 'cat "/cgroup$(cut -d: -f3 /proc/self/cgroup)/pids.max"'
}

rootless_tests() {
    local user bundle who
    id other >/dev/null 2>&1 || useradd --create-home --shell /bin/bash other
    sed -i '/^other:/d' /etc/subuid /etc/subgid
    for user in tester other; do
        bundle=$work/$user
        mkdir -p "$bundle/rootfs/cgroup"
        tar -xf "$(image_tar)" -C "$bundle/rootfs"
        chown -R "$user:$user" "$bundle"
        for manager in systemd none; do
            who="rootless, $([ "$user" = tester ] || echo 'no ')subordinate ids, $([ $manager = systemd ] || echo 'no ')systemd of the user"
            proves "$who: is so" rootless_manager || continue
            same "$who: spec --rootless" rootless_single
            same "$who: many ids" rootless_many
            same "$who: a limit" rootless_limit ''
            same "$who: a limit by systemd" rootless_limit --systemd-cgroup
            cat "$bundle/refusals" 2>/dev/null
            rm -f "$bundle/refusals"
        done
    done
    loginctl disable-linger other
}

rootless_manager() {
    local uid
    uid=$(id -u "$user")
    if [ $manager = systemd ]; then
        loginctl enable-linger "$user" && waits test -S "/run/user/$uid/systemd/private"
    else
        loginctl disable-linger "$user"
        systemctl stop "user@$uid.service" "user-runtime-dir@$uid.service" && [ ! -e "/run/user/$uid" ]
    fi
}
