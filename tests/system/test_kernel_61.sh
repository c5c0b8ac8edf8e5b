#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The kernel engine on Linux 6.1, which has no tcx: Debian 12's own kernel, emulated, takes the programs, and two bridges carry
# by clsact; a restart loses no frame, and `stop` takes the filters away. What is tried there is in kernel_guest.sh.
#
# GB_KERNEL_DEB=FILE has the kernel of another Debian package booted, of whatever version.

# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"

[ -n "${GB_WITH_QEMU:-}" ] || skip "takes minutes, and a kernel from Debian: sudo ./quickstart check --with-qemu"
[ "${GB_SANITIZED:-0}" = 0 ] || skip "programs with sanitizers are too slow where each instruction is emulated"
for need in qemu-system-x86_64 cpio gzip depmod modprobe dpkg-deb ldd ip tc bridge jq nsenter; do
	command -v $need >/dev/null || skip "needs $need"
done
[ -x "$build/tests/unit/test_kernel_programs" ] || skip "built without the kernel engine"
limit=1200 # s: it takes two minutes of a processor that nobody else uses
root=$work/root
modules=(tun veth bridge sch_ingress cls_bpf)

# ---- the kernel ----

# The newest of 6.1 that apt knows of. Its name has the number of its interface to modules, which changes.
find_package() {
	command -v apt-get >/dev/null || skip "needs apt-get, or GB_KERNEL_DEB=FILE"
	package=$(apt-cache search --names-only '^linux-image-6\.1\.[0-9.-]*-cloud-amd64$' | cut -d ' ' -f 1 | sort -V |
		tail -n 1)
	[ -n "$package" ] || skip "apt has no kernel 6.1 here: Debian 12 has; or GB_KERNEL_DEB=FILE"
}

deb=${GB_KERNEL_DEB:-}
if [ -z "$deb" ]; then
	find_package
	say "downloading $package"
	# as the user that this is: apt's own may not write here
	(cd "$work" && apt-get -o APT::Sandbox::User=root download "$package") >"$work/apt" 2>&1 ||
		skip "$package cannot be had: $(tail -n 2 "$work/apt")"
	deb=$(echo "$work"/linux-image-*.deb)
fi
mkdir "$work/kernel"
dpkg-deb -x "$deb" "$work/kernel" || fail "$deb cannot be unpacked"
kernel=$(echo "$work"/kernel/boot/vmlinuz-*)
version=${kernel##*/vmlinuz-}
[ -e "$kernel" ] || fail "no kernel in $deb"
# newer packages have them in /usr alone
[ -e "$work/kernel/lib" ] || ln -s usr/lib "$work/kernel/lib"

# ---- what it boots ----

add_modules() {
	local name file
	depmod -b "$work/kernel" "$version"
	for name in "${modules[@]}"; do
		modprobe -d "$work/kernel" -S "$version" --show-depends "$name" | awk '$1 == "insmod" {print $2}'
	done | sort -u >"$work/modules"
	while read -r file; do
		install -D -m 644 "$file" "$root/${file#"$work"/kernel/}"
	done <"$work/modules"
	cp "$work/kernel/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$root/lib/modules/$version/"
	depmod -b "$root" "$version"
}

# A program of this machine, or of the build, as /usr/bin/NAME, with its libraries.
add_program() {
	local path
	path=$(readlink -f "$1")
	cp "$path" "$root/usr/bin/${1##*/}"
	ldd "$path" 2>/dev/null | grep -o '/[^ ]*' | sort -u >>"$work/libraries" || true
}

add_programs() {
	local name
	for name in basename bash bridge cat dirname find grep id ip jq ln ls mkdir mktemp modprobe mount nsenter rm sed sh \
		sleep tail tc timeout touch umount uname; do
		add_program "$(type -P $name)"
	done
	for name in goose-bridge goose-bridge-ctl goose-test test_kernel_programs; do
		add_program "$(find "$build" -path '*/.libs' -prune -o -type f -perm -u+x -name $name -print -quit)"
	done
	sort -u "$work/libraries" | xargs cp -L --parents -t "$root"
	cp /etc/ld.so.cache "$root/etc/"
}

mkdir -p "$root"/{dev,etc,proc,run,sys,tmp,usr/bin,gb/tests/data} "$root/lib/modules/$version"
ln -s usr/bin "$root/bin"
ln -s usr/bin "$root/sbin"
echo root:x:0:0::/:/bin/sh >"$root/etc/passwd"
add_modules
add_programs
mkdir -p "$root/gb/tests/net" "$root/gb/tests/system"
cp "$source/tests/net/lib.sh" "$root/gb/tests/net/"
cp "$source/tests/system/kernel_guest.sh" "$root/gb/tests/system/"
cp -r "$source/tests/data/pcap" "$root/gb/tests/data/"
ln -s gb/tests/system/kernel_guest.sh "$root/init"
(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$work/initramfs"

# ---- judged by what it says on its console ----

say "booting $version: $(($(wc -c <"$work/initramfs") >> 20)) MiB"
status=0
# in the foreground: what ends this test ends that, too
timeout --foreground -k 5 $limit nice -n 10 qemu-system-x86_64 -accel tcg -m 768 -nodefaults -no-user-config -display none \
	-no-reboot -serial stdio -kernel "$kernel" -initrd "$work/initramfs" \
	-append "console=ttyS0 quiet panic=-1 random.trust_cpu=1" </dev/null 2>&1 |
	tr -d '\r' | tee "$work/console" || status=$?
verdict=$(sed -n 's/^guest: ended with //p' "$work/console")
case $status:$verdict in
0:0) ;;
0:77) skip "$(sed -n 's/.*SKIP: //p' "$work/console")" ;;
0:?*) fail "in $version: the test ended with $verdict" ;;
0:) fail "$version ended before the test did" ;;
124:*) fail "$version did not come to its end within $limit s; is this machine busy?" ;;
*) fail "qemu ended with $status" ;;
esac
say "PASS"
