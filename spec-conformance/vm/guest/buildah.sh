# buildah builds with an OCI runtime under --isolation oci. Sourced by engines.
# shellcheck shell=bash

buildah_build() {
    mkdir -p "$work/context"
    echo "of the context" >"$work/context/file"
    printf 'FROM localhost/busybox\nCOPY file /file\nRUN cat /file && echo made > /made\n' >"$work/context/Dockerfile"
    buildah --runtime "$runtime" build --isolation oci --network none --no-cache --tag "built-$(basename "$runtime")" "$work/context" 2>&1 | grep -v '^[0-9a-f]\{64\}$\|^--> '
    podman --cgroup-manager=cgroupfs --runtime "$runtime" run --rm --network none "built-$(basename "$runtime")" cat /made
}

buildah_tests() {
    podman image exists busybox || podman import "$(image_tar)" busybox >/dev/null 2>&1
    same "buildah: three steps, --isolation oci" buildah_build
}
