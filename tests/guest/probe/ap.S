/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the other CPUs run when they are started: they count themselves and
 * halt.  Copied to AP_PAGE; 16-bit code, entered with %cs = AP_PAGE / 16.
 */
        .section .rodata, "a", @progbits
        .code16
        .globl  ap_code, ap_code_end
ap_code:
        cli
        mov     %cs, %ax
        mov     %ax, %ds
        lock incl ap_count - ap_code
1:      hlt
        jmp     1b
        .balign 4
ap_count:
        .long   0
ap_code_end:

        .section .note.GNU-stack, "", @progbits

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
