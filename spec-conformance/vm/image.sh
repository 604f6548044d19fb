# The disk image: a Debian with systemd, the engines, and a way in. Sourced by lab.
# shellcheck shell=bash

image_directory=$VM_CACHE/$VM_SUITE
image=$image_directory/disk

# What the guest is made of. Engines first; then what a Debian without recommended packages would lack.
image_packages() {
    echo podman runc crun conmon netavark aardvark-dns catatonit passt uidmap fuse-overlayfs containerd docker.io docker-cli buildah skopeo umoci criu \
        systemd systemd-sysv dbus dbus-user-session libpam-systemd udev kmod login passwd procps iproute2 nftables iptables openssh-server \
        busybox-static jq strace attr xz-utils util-linux ca-certificates user-mode-linux
    [ "$VM_KERNEL" != source ] || echo linux-source
}

image_build() {
    # The packages are part of the name of what is cached: an image with others is another one.
    local recipe
    recipe=$(image_packages | cat - "$here/image.sh" | sha256sum | cut -c1-16)
    [ -s "$image" ] && [ "$(cat "$image_directory/recipe" 2>/dev/null)" = "$recipe" ] && return
    mkdir -p "$image_directory"
    local root=$image_directory/root mirror=${VM_MIRROR:-$(image_host_mirror)} started=$SECONDS free
    rm -rf --one-file-system "$root" "$image"
    free=$(df --output=avail --block-size=1M "$image_directory" | tail -n 1)
    [ "$free" -ge 4096 ] || lacks "the image wants 4 GiB of $image_directory while it is made, $((free)) MiB are free"
    mmdebstrap --mode=root --variant=minbase --components=main --include="$(image_packages | xargs | tr ' ' ,)" \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        "$VM_SUITE" "$root" ${mirror:+"$mirror"} >"$image_directory/log" 2>&1 || image_failed
    mv "$root/usr/bin/linux.uml" "$image_directory/linux-debian"
    cp -L "$root/lib64/ld-linux-x86-64.so.2" "$root/lib/x86_64-linux-gnu/libc.so.6" "$image_directory/"
    mkdir -p "$root/lib/modules"
    mv "$root"/usr/lib/uml/modules/* "$root/lib/modules/"
    [ "$VM_KERNEL" != source ] || mv "$root"/usr/src/linux-source-*.tar.* "$image_directory/"
    image_way_in "$root"
    image_quiet "$root"

    truncate -s 8G "$image.new"
    mkfs.ext4 -q -F -O ^has_journal -d "$root" "$image.new"
    rm -rf --one-file-system "$root"
    mv "$image.new" "$image"
    echo "$recipe" >"$image_directory/recipe"
    say "image of $VM_SUITE in $((SECONDS - started)) s: $(du -h "$image" | cut -f1)"
}

# An archive that is not there, or does not deliver, is not of this machine's making; whatever else fails is.
image_failed() {
    local error
    error=$(grep -m 1 '^E: Failed to fetch' "$image_directory/log") && lacks "the Debian archive does not deliver: ${error#E: }"
    tail -n 5 "$image_directory/log" >&2
    die "mmdebstrap failed: $image_directory/log"
}

# Where this host's own packages come from.
image_host_mirror() {
    awk '/^URIs:/ { print $2; exit } /^deb / { print $2; exit }' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true
}

# A key, a user with subordinate ids, an address, and the host's directory.
image_way_in() {
    local root=$1 home
    [ -s "$VM_CACHE/key" ] || ssh-keygen -q -t ed25519 -N '' -C ocirun-vm -f "$VM_CACHE/key"
    chroot "$root" useradd --create-home --shell /bin/bash tester
    echo tester:100000:65536 | tee "$root/etc/subuid" >"$root/etc/subgid"
    for home in root home/tester; do
        install -d -m 0700 "$root/$home/.ssh"
        install -m 0600 "$VM_CACHE/key.pub" "$root/$home/.ssh/authorized_keys"
    done
    chroot "$root" chown -R tester:tester /home/tester
    mkdir -p "$root/mnt/share"
    echo lab >"$root/etc/hostname"
    printf '127.0.0.1 localhost lab\n' >"$root/etc/hosts"
    echo '# no network' >"$root/etc/resolv.conf"
    : >"$root/etc/fstab"
    head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$root/etc/machine-id"
    printf 'UseDNS no\nMaxSessions 100\nMaxStartups 100\n' >"$root/etc/ssh/sshd_config.d/lab.conf"
    printf '%s\n' overlay fuse tun veth bridge br_netfilter nf_tables >"$root/etc/modules-load.d/lab.conf"
    cat >"$root/etc/systemd/system/lab.service" <<'UNIT'
[Unit]
Description=The directory of the lab's host, then the address: who gets in finds it mounted
DefaultDependencies=no
Before=ssh.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c '! grep -q lab.share /proc/cmdline || mount -t hostfs none /mnt/share; ip address add 10.0.2.15/24 dev vec0; ip link set vec0 up'
UNIT
    ln -s ../lab.service "$root/etc/systemd/system/multi-user.target.wants/lab.service"
}

# What starts by itself in a Debian and has nothing to do here; engines are started by the tests that want them.
image_quiet() {
    local root=$1 unit
    rm -f "$root"/etc/systemd/system/multi-user.target.wants/{containerd,docker}.service "$root/etc/systemd/system/sockets.target.wants/docker.socket"
    for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
        systemd-tmpfiles-clean.timer systemd-hwdb-update.service systemd-journal-catalog-update.service systemd-firstboot.service \
        systemd-random-seed.service systemd-udev-trigger.service ldconfig.service getty@tty1.service netavark-dhcp-proxy.socket netavark-dhcp-proxy.service; do
        ln -sf /dev/null "$root/etc/systemd/system/$unit"
    done
    ln -sf /usr/lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
}
