/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same guest as a PV domain without privileges, which xl has started: it
 * asks for each command of the hypercall, says on its console what it got, and
 * ends.
 *
 * Attacked: every command, by a domain that may not use any.
 * Must hold: as the script that has it started says, see
 * tests/dom0/scenarios/unprivileged.sh.
 */
#include "dom0.h"
#include "domu.h"

#include <public/event_channel.h>
#include <public/io/console.h>

static struct xencons_interface *console;

/* The toolstack tells the machine page; what it gave is mapped in order. */
static void find_console(void)
{
    const unsigned long *mfn = (const unsigned long *)start_info->mfn_list;
    unsigned long pfn;

    for ( pfn = 0; pfn < start_info->nr_pages; pfn++ )
        if ( mfn[pfn] == start_info->console.domU.mfn )
            console = (void *)((unsigned long)VIRT_BASE + (pfn << PAGE_SHIFT));
}

bool domu_out_text(const char *text, size_t len)
{
    volatile struct xencons_interface *ring = console;
    struct evtchn_send send;
    size_t i;

    if ( !ring )
        return false;

    send.port = start_info->console.domU.evtchn;
    for ( i = 0; i < len; i++ )
    {
        ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = text[i];
        asm volatile ( "" ::: "memory" );
        ring->out_prod++;
    }
    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, ARG(&send), 0, 0);

    /* Nobody reads any more what has been said when the domain ends. */
    while ( ring->out_cons != ring->out_prod )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);

    return true;
}

void domu_main(const struct start_info *si)
{
    static uint8_t argument[PAGE_SIZE];
    struct sched_shutdown end = { .reason = SHUTDOWN_poweroff };
    unsigned int i;

    start_info = si;
    find_console();

    print("answers");
    for ( i = 0; i < DOMU_COMMANDS; i++ )
        print(" %d", (int)kexec_op(i, argument));
    print("\n");

    hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, ARG(&end), 0, 0);
    for ( ; ; )
        continue;
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
