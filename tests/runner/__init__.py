# SPDX-License-Identifier: GPL-2.0-only
"""The runner: boots machines, follows them, and judges what they say.

From the bottom up:

    artefacts       what the build has left, and where
    serial_line     a machine's output, line by line
    accel           which QEMU, and how it runs the processors
    machine, bochs  one machine, in QEMU or in Bochs
    grub, uefi      how firmware starts Xen
    cpio, targets   what Linux boots from, and what it enters
    guests, linux   the tiny guests, built; Xen with Linux, ready to boot
    tap, report     what tests and entered kernels say
    dump_reader     what xen-vmcore says of a dump
    verdict         what can come out of a case
    cases, matrix   the cases, and the files that they are in
    host_case, guest_case, linux_case       the three kinds of cases
    results         what came out: on the terminal, as JSON and as JUnit XML
    compare         two runs side by side

    check           make check
    show_kexec, show_kdump, watched         make run, make run-kdump
    selftest        that what is wrong does not pass
"""
