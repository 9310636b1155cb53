/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hello, enter
 *
 * Attacked: nothing yet; the plain way from a load to the entry.
 * Must hold: the dom0 boots and owns its tables (hello); an image of the probe
 * alone is loaded and entered, and the probe finds the contract kept (enter).
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

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * indent-tabs-mode: nil
 * End:
 */
