/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hello, enter, fault
 *
 * Attacked: nothing yet; the plain way from a load to the entry.
 * Must hold: the dom0 boots and owns its tables (hello); an image of the probe
 * alone is loaded and entered, and the probe finds the contract kept (enter);
 * a fault of the image, on the tables that were handed over, is named on the
 * serial line by the stub, which then resets the machine (fault).
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

void scenario_hello(void)
{
    unsigned int i;

    for ( i = 0; i < nr_machine_map; i++ )
        print("# memory %llx, %llx bytes, type %u\n",
              (unsigned long long)machine_map[i].maddr,
              (unsigned long long)machine_map[i].size, machine_map[i].type);
    print("# %llx pages free, %u CPUs, %u vCPUs, longest run %u pages\n",
          (unsigned long long)free_pages(), nr_cpus(), vcpu_count(),
          own_run_longest(0));
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
