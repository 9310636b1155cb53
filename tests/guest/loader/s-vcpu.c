/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpu
 *
 * Attacked: invariant 9, by an exec or a crash from any CPU (vcpu=, with
 * dom0_vcpus_pin; vcpu=seed: the first by seed 1, and so on, and a 32-bit
 * image by every other), or from all at once (all=1), with some of the others
 * taken offline before (offline=, a mask).
 * Must hold: the image is entered once, and all other CPUs, also those that
 * were offline, can be started by it.
 */
#include "dom0.h"

static void exec_here(void *data)
{
    print("# exec from another vCPU\n");
    image_exec(data);
}

static void exec_by_all(struct image *image)
{
    unsigned int vcpu, nr = vcpu_count();

    vcpu_expect(nr);
    for ( vcpu = 1; vcpu < nr; vcpu++ )
        if ( !vcpu_run(vcpu, exec_here, image) )
            error("there is no vCPU %u", vcpu);

    image_exec(image);
}

static void hotplug(unsigned int mask, uint32_t op, const char *where)
{
    unsigned int cpu;

    for ( cpu = 0; cpu < 32; cpu++ )
        if ( mask & (1u << cpu) )
        {
            struct xen_sysctl sysctl;
            long rc;

            memset(&sysctl, 0, sizeof(sysctl));
            sysctl.cmd = XEN_SYSCTL_cpu_hotplug;
            sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
            sysctl.u.cpu_hotplug.cpu = cpu;
            sysctl.u.cpu_hotplug.op = op;

            rc = hypercall(__HYPERVISOR_sysctl, ARG(&sysctl), 0, 0, 0);
            ok(!rc, "CPU %u goes %s: found %d, expected 0", cpu, where,
               (int)rc);
        }
}

void take_cpus_offline(unsigned int mask)
{
    hotplug(mask, XEN_SYSCTL_CPU_HOTPLUG_OFFLINE, "offline");
}

void take_cpus_online(unsigned int mask)
{
    hotplug(mask, XEN_SYSCTL_CPU_HOTPLUG_ONLINE, "online");
}

void scenario_vcpu(void)
{
    unsigned int vcpu, arch = arg_arch();
    struct image image;

    if ( arg_is("vcpu", "seed") )
    {
        vcpu = arg_number("seed", 1) - 1;
        arch = vcpu & 1 ? EM_386 : EM_X86_64;
    }
    else
        vcpu = arg_number("vcpu", 0);

    image_init(&image, arg_type(), arch);
    image_add_probe_anywhere(&image);

    take_cpus_offline(arg_number("offline", 0));

    if ( !ok_eq(image_load(&image), 0, "load") )
        return;

    if ( arg_number("all", 0) )
        exec_by_all(&image);

    if ( !vcpu )
        image_exec(&image);

    if ( !vcpu_run(vcpu, exec_here, &image) )
        error("there is no vCPU %u", vcpu);

    for ( ; ; )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
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
