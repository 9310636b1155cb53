# SPDX-License-Identifier: GPL-2.0-only
"""The runner: boots machines, follows them, and judges what they say.

From the bottom up:

    artefacts      what the build has left, and where
    serial_line    a machine's output, line by line
    accel          which QEMU, and how it runs the processors
    machine        one QEMU; bochs: one Bochs; grub, uefi: how they boot
    cpio, targets  what Linux boots from, and what it enters
    tap, report    what tests and entered kernels say
    verdict        what can come out of a case
    cases          cases and the files that they are in; matrix: further boots
    host_case, guest_case, linux_case   the three kinds of cases
    results        what came out: on the terminal, as JSON and as JUnit XML
    check          make check; show_kexec, show_kdump: make run, run-kdump
"""
