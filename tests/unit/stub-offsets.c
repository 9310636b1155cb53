/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints the header that the stub is assembled with.
 */

#include <asm/kexec_stub.h>
#include <asm/machine_kexec.h>

#define OFFSET(name, type, member)                                      \
    printf("#define " #name " %zu\n", offsetof(type, member))
#define SIZE(name, type) printf("#define " #name " %zu\n", sizeof(type))

int main(void)
{
    OFFSET(KEXEC_ARGS_control, struct kexec_stub_args, control_maddr);
    OFFSET(KEXEC_ARGS_root, struct kexec_stub_args, root_maddr);
    OFFSET(KEXEC_ARGS_plan, struct kexec_stub_args, plan_maddr);
    OFFSET(KEXEC_ARGS_entry, struct kexec_stub_args, entry_maddr);
    OFFSET(KEXEC_ARGS_arg, struct kexec_stub_args, entry_arg);
    OFFSET(KEXEC_ARGS_flags, struct kexec_stub_args, flags);
    OFFSET(KEXEC_ARGS_nr_parked, struct kexec_stub_args, nr_parked);
    OFFSET(KEXEC_ARGS_mxcsr, struct kexec_stub_args, mxcsr);
    OFFSET(KEXEC_ARGS_uart_base, struct kexec_stub_args, uart_base);
    OFFSET(KEXEC_ARGS_uart_lsr, struct kexec_stub_args, uart_lsr);
    OFFSET(KEXEC_ARGS_uart_width, struct kexec_stub_args, uart_width);
    OFFSET(KEXEC_ARGS_uart_ready, struct kexec_stub_args, uart_ready);
    OFFSET(KEXEC_ARGS_gdtr64, struct kexec_stub_args, gdtr64);
    OFFSET(KEXEC_ARGS_gdtr32, struct kexec_stub_args, gdtr32);
    OFFSET(KEXEC_ARGS_idtr, struct kexec_stub_args, idtr);
    OFFSET(KEXEC_ARGS_idtr32, struct kexec_stub_args, idtr32);
    SIZE(KEXEC_ARGS_sizeof, struct kexec_stub_args);

    OFFSET(KEXEC_PLAN_next, struct kexec_plan_page, next_maddr);
    OFFSET(KEXEC_PLAN_nr_records, struct kexec_plan_page, nr_records);
    OFFSET(KEXEC_PLAN_records, struct kexec_plan_page, records);
    OFFSET(KEXEC_RECORD_dest, struct kexec_plan_record, dest_maddr);
    OFFSET(KEXEC_RECORD_src, struct kexec_plan_record, src_maddr);
    OFFSET(KEXEC_RECORD_bytes, struct kexec_plan_record, bytes);
    SIZE(KEXEC_RECORD_sizeof, struct kexec_plan_record);

    return 0;
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
