/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * enter, fault
 *
 * Attacked: nothing yet; the plain way from a load to the entry.
 * Must hold: an image of the probe alone is loaded and entered, and the probe
 * finds the contract kept (enter); the stub names a fault of the image, on the
 * tables that were handed over, on the serial line and resets the machine
 * (fault).
 */
#include "dom0.h"

unsigned int arg_arch(void)
{
    return arg_number("arch", 64) == 32 ? EM_386 : EM_X86_64;
}

unsigned int arg_type(void)
{
    return arg_is("type", "crash") ? KEXEC_TYPE_CRASH : KEXEC_TYPE_DEFAULT;
}

void scenario_enter(void)
{
    struct image image;

    image_init(&image, arg_type(), arg_arch());
    image_add_probe_anywhere(&image);
    image_run(&image);
}

/* fault=ud or fault=pf.  The end is the stub's: the runner looks for it. */
void scenario_fault(void)
{
    struct image image;

    image_init(&image, arg_type(), EM_X86_64);
    image_add_probe_anywhere(&image);
    image.facts->flags |= arg_is("fault", "pf") ? FACTS_FAULT_PF
                                                : FACTS_FAULT_UD;
    image_run(&image);
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
