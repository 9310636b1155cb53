/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long the work on a slot has kept a CPU to itself, measured where the
 * preemption checks are.  What interrupts it counts as well.
 */

#include <xen/lib.h>
#include <xen/time.h>

#include "kexec-private.h"

static const char *const names[KEXEC_WORK_NR] = {
    [KIMAGE_CONTROL] = "control",
    [KIMAGE_COPY] = "copy",
    [KIMAGE_TAILS] = "tails",
    [KIMAGE_TABLES] = "tables",
    [KIMAGE_DIGEST] = "digest",
    [KIMAGE_TIDY] = "tidy",
    [KIMAGE_DONE] = "arm",
    [KEXEC_WORK_ARGUMENTS] = "arguments",
    [KEXEC_WORK_PLACE] = "place",
    [KEXEC_WORK_PROTECT] = "protect",
    [KEXEC_WORK_FREE] = "free",
};

s_time_t kexec_stretch_end(struct kexec_stretches *stretches,
                           unsigned int work, s_time_t begin)
{
    s_time_t end = NOW();

    if ( end - begin > stretches->longest[work] )
        stretches->longest[work] = end - begin;

    return end;
}

void kexec_stretches_print(struct kexec_stretches *stretches,
                           const char *name)
{
    unsigned int work;

    for ( work = 0; work < KEXEC_WORK_NR; work++ )
        if ( stretches->longest[work] )
            printk("kexec: %s: longest stretch: %s %"PRI_stime" us\n",
                   name, names[work], stretches->longest[work] / 1000);

    *stretches = (struct kexec_stretches){};
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
