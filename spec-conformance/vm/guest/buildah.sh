# buildah builds with an OCI runtime under --isolation oci. Sourced by engines.
# shellcheck shell=bash

buildah_build() {
    mkdir -p "$work/context"
    echo "of the context" >"$work/context/file"
    printf 'FROM localhost/busybox\nCOPY file /file\nRUN cat /file && echo made > /made\n' >"$work/context/Dockerfile"
    buildah --runtime "$runtime" build --isolation oci --network none --no-cache --tag "built-$(basename "$runtime")" "$work/context" 2>&1 | grep -v '^[0-9a-f]\{64\}$\|^--> '
    podman --cgroup-manager=cgroupfs --runtime "$runtime" run --rm --network none "built-$(basename "$runtime")" cat /made
}

# As docs/engines.md tells it.
buildah_configured() {
    local conf=/etc/containers/containers.conf.d/50-ocirun.conf options=(--runtime "$runtime")
    [ "$runtime" != "$ours" ] || { options=(); mkdir -p "$(dirname "$conf")"; cp "$files/containers.conf" "$conf"; }
    printf 'FROM localhost/busybox\nRUN grep -c . /proc/self/mountinfo >/dev/null && echo in a container\n' >"$work/Configured"
    buildah build "${options[@]}" --isolation oci --network none --no-cache -f "$work/Configured" "$work" 2>&1 | grep -v '^[0-9a-f]\{64\}$\|^--> '
    rm -f "$conf"
}

buildah_tests() {
    podman image exists busybox || podman import "$(image_tar)" busybox >/dev/null 2>&1
    same "buildah: three steps, --isolation oci" buildah_build
    same "buildah: as containers.conf says" buildah_configured
}
