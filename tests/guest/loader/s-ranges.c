/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ranges
 *
 * Attacked: the commands that only answer: get_range and status.
 * Must hold: each known range lies in the machine's memory and its edges are
 * checked; the status is 0 or 1 for each type by itself, after every change.
 */
#include "dom0.h"

static void range_in_memory(unsigned int range, int nr, const char *what)
{
    xen_kexec_range_t found;
    long rc = kexec_get_range(range, nr, &found);

    ok(!rc && found.size && in_memory(found.start, found.size),
       "range of %s: found %d, %lx, %lx bytes, expected a part of memory", what,
       (int)rc, (unsigned long)found.start, (unsigned long)found.size);
}

static void check_status(const char *when, int normal, int crash)
{
    ok(kexec_status(KEXEC_TYPE_DEFAULT) == normal &&
       kexec_status(KEXEC_TYPE_CRASH) == crash, "status %s: found %d, %d, "
       "expected %d, %d", when, (int)kexec_status(KEXEC_TYPE_DEFAULT),
       (int)kexec_status(KEXEC_TYPE_CRASH), normal, crash);
}

void scenario_ranges(void)
{
    struct image normal, crash;
    xen_kexec_range_t range;
    unsigned int cpu, nr = arg_number("cpus", nr_cpus());

    range_in_memory(KEXEC_RANGE_MA_XEN, 0, "Xen");
    range_in_memory(KEXEC_RANGE_MA_VMCOREINFO, 0, "vmcoreinfo");
    range_in_memory(KEXEC_RANGE_MA_CRASH, 0, "the crash area");
    for ( cpu = 0; cpu < nr; cpu++ )
        range_in_memory(KEXEC_RANGE_MA_CPU, cpu, "a CPU's note");
    range_in_memory(KEXEC_RANGE_MA_CPU, max_cpu_id(), "the last CPU's note");
    ok_eq(kexec_get_range(KEXEC_RANGE_MA_CPU, -1, &range), -ERANGE,
          "range of CPU -1");
    ok_eq(kexec_get_range(KEXEC_RANGE_MA_CPU, max_cpu_id() + 1, &range),
          -ERANGE, "range of the CPU behind the last that there may be");
    ok_eq(kexec_get_range(KEXEC_RANGE_MA_CPU, 4096, &range), -ERANGE,
          "range of CPU 4096");
    ok_eq(kexec_get_range(8, 0, &range), -EINVAL, "range 8");
    ok_eq(kexec_get_range(-1, 0, &range), -EINVAL, "range -1");

    image_init(&normal, KEXEC_TYPE_DEFAULT, arg_arch());
    image_add_probe_anywhere(&normal);
    image_init(&crash, KEXEC_TYPE_CRASH, arg_arch());
    image_add_probe_anywhere(&crash);

    check_status("at first", 0, 0);
    image_load(&normal);
    check_status("after a load", 1, 0);
    image_load(&normal);
    check_status("after a second load", 1, 0);
    image_load(&crash);
    check_status("with both loaded", 1, 1);
    image_load(&crash);
    check_status("after the crash image is replaced", 1, 1);
    kexec_unload(KEXEC_TYPE_DEFAULT);
    check_status("with the crash image alone", 0, 1);
    kexec_unload(KEXEC_TYPE_CRASH);
    check_status("after both are unloaded", 0, 0);
    kexec_unload(KEXEC_TYPE_CRASH);
    check_status("after one unload too many", 0, 0);

    ok_eq(image_load(&crash), 0, "load of the crash image");
    image_exec(&crash);
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
