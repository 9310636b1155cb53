/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The probes, as files.
 */
        .section .rodata, "a", @progbits
        .balign 16
        .globl  probe64, probe64_end, probe32, probe32_end
probe64:
        .incbin "probe64.bin"
probe64_end:
        .balign 16
probe32:
        .incbin "probe32.bin"
probe32_end:

        .section .note.GNU-stack, "", @progbits

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
