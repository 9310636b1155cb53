/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 8254's channel 0, as firmware left it.
 *
 * The mode can be read back, the reload value cannot.  Firmware uses 65536,
 * the longest one, for its tick of 18.2 Hz.  Registers: Intel data sheet
 * 231164.
 */

#include <xen/lib.h>
#include <xen/time.h>

#include <asm/io.h>
#include <asm/kexec_compat.h>
#include <asm/kexec_quiesce.h>
#include <asm/time.h>

#define NOT_RECORDED 0xff

static uint8_t __read_mostly firmware_status = NOT_RECORDED;

/* Called again on resume, when the timer is as Xen has set it. */
void pit_record(void)
{
    static bool __read_mostly done;

    if ( done )
        return;
    done = true;

    outb(PIT_RDB | PIT_RDB_NO_COUNT | PIT_RDB_CH0, PIT_MODE);
    firmware_status = inb(PIT_CH0);
}

void pit_restore(void)
{
    /* All ones: there is no such timer. */
    if ( firmware_status == NOT_RECORDED )
        return;

    outb(PIT_TCW_CH(0) |
         (firmware_status & ~(PIT_STATUS_OUT_PIN | PIT_STATUS_NULL_COUNT)),
         PIT_MODE);
    outb(0, PIT_CH0);
    outb(0, PIT_CH0);
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
