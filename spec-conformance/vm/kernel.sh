# The kernel: a program of the host. Sourced by lab; sets $kernel.
# shellcheck shell=bash

kernel_build() {
    case $VM_KERNEL in
    debian) kernel=$image_directory/linux-debian ; kernel_of_debian ;;
    source) kernel=$image_directory/linux-source ; [ "$kernel" -nt "$here/kernel.config" ] || kernel_from_source ;;
    */*) kernel=$VM_KERNEL ; [ -x "$kernel" ] || die "VM_KERNEL: $kernel is not a program" ;;
    *) die "VM_KERNEL must be debian, source, or the path of a kernel, not \"$VM_KERNEL\"" ;;
    esac
}

# Debian's kernel is linked against the C library of its own suite, which is newer than many a host's: it gets the image's.
kernel_of_debian() {
    [ "$(patchelf --print-interpreter "$kernel")" != "$image_directory/ld-linux-x86-64.so.2" ] || return 0
    patchelf --set-interpreter "$image_directory/ld-linux-x86-64.so.2" --set-rpath "$image_directory" "$kernel"
}

kernel_from_source() {
    local source=$image_directory/source started=$SECONDS
    rm -rf --one-file-system "$source"
    mkdir -p "$source"
    tar -xf "$image_directory"/linux-source-*.tar.* -C "$source" --strip-components=1
    (
        cd "$source"
        export ARCH=um
        make x86_64_defconfig
        scripts/kconfig/merge_config.sh -m .config "$here/kernel.config"
        make olddefconfig
        make -j"$(nproc)" linux
    ) >"$image_directory/kernel.log" 2>&1 || { tail -n 15 "$image_directory/kernel.log" >&2; die "building the kernel failed: $image_directory/kernel.log"; }
    mv "$source/linux" "$kernel"
    rm -rf --one-file-system "$source"
    say "kernel in $((SECONDS - started)) s"
}
