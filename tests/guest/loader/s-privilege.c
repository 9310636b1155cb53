/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * privilege
 *
 * Attacked: every command, by a domain that may not use any.  The dom0 builds
 * the domain itself: a 64-bit PV domain of two pages, and tables for them.
 * Must hold: -EPERM for each; the same answers whether an image is loaded or
 * not; and what is loaded stays, and is entered.
 */
#include "dom0.h"
#include "domu.h"

#define DOMU_VA (VIRT_BASE + 0x1000000)

extern const uint8_t domu_code[], domu_code_end[];
extern const uint8_t domu_spin_code[], domu_spin_end[];

long domctl(struct xen_domctl *op, unsigned int cmd)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;

    return hypercall(__HYPERVISOR_domctl, ARG(op), 0, 0, 0);
}

void domu_must(long rc, const char *what)
{
    if ( rc )
        error("the other domain, %s: %d", what, (int)rc);
}

#ifdef __x86_64__

#define DOMU_RUNS_NS    500000000ULL

static unsigned int create(bool hvm)
{
    static domid_t next = 1;
    struct xen_domctl op;
    unsigned int domid;

    memset(&op, 0, sizeof(op));
    op.domain = next++; /* How to ask for any number differs by version. */
    op.u.createdomain.max_vcpus = 1;
    op.u.createdomain.max_evtchn_port = 127;
    op.u.createdomain.max_grant_frames = -1;
    op.u.createdomain.max_maptrack_frames = -1;
    op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
    if ( hvm )
    {
        op.u.createdomain.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
        op.u.createdomain.arch.emulation_flags = XEN_X86_EMU_LAPIC;
    }
    domu_must(domctl(&op, XEN_DOMCTL_createdomain), "created");
    domid = op.domain;

    memset(&op.u, 0, sizeof(op.u));
    op.u.max_vcpus.max = 1;
    domu_must(domctl(&op, XEN_DOMCTL_max_vcpus), "given a vCPU");

    memset(&op.u, 0, sizeof(op.u));
    op.u.max_mem.max_memkb = 1024;
    domu_must(domctl(&op, XEN_DOMCTL_max_mem), "limited");

    return domid;
}

static void populate(unsigned int domid, xen_pfn_t *mfn, unsigned int nr)
{
    struct xen_memory_reservation r = {
        .nr_extents = nr,
        .domid = domid,
    };
    unsigned int i;
    long done;

    for ( i = 0; i < nr; i++ )
        mfn[i] = i;

    set_xen_guest_handle(r.extent_start, mfn);
    done = hypercall(__HYPERVISOR_memory_op, XENMEM_populate_physmap, ARG(&r),
                     0, 0);
    if ( done != (long)nr )
        error("the other domain gets no memory");
}

static void start(unsigned int domid, unsigned long cr3)
{
    static struct vcpu_guest_context context;
    struct xen_domctl op;

    memset(&context, 0, sizeof(context));
    context.flags = VGCF_in_kernel | VGCF_online;
    context.ctrlreg[3] = cr3;
    context.user_regs.rip = DOMU_VA;
    context.user_regs.rsp = DOMU_VA + DOMU_PAGES * PAGE_SIZE;
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.user_regs.ds = FLAT_KERNEL_DS;
    context.user_regs.es = FLAT_KERNEL_DS;
    context.kernel_ss = FLAT_KERNEL_SS;
    context.kernel_sp = DOMU_VA + DOMU_PAGES * PAGE_SIZE;

    memset(&op, 0, sizeof(op));
    op.domain = domid;
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
    domu_must(domctl(&op, XEN_DOMCTL_setvcpucontext), "its vCPU");
    domu_must(domctl(&op, XEN_DOMCTL_unpausedomain), "started");
}

/* A domain makes all the calls; what it got is in result. */
static void ask(long *result)
{
    unsigned int domid = create(false), i;
    xen_pfn_t mfn[DOMU_PAGES + FOREIGN_TABLES];
    volatile long *answers;

    populate(domid, mfn, ARRAY_SIZE(mfn));
    memcpy(window_map_foreign(1, mfn[0], domid), domu_code,
           domu_code_end - domu_code);
    answers = window_map_foreign(2, mfn[1], domid);
    memset((void *)answers, 0, PAGE_SIZE);
    start(domid, foreign_tables(domid, DOMU_VA, mfn, DOMU_PAGES));

    while ( !answers[DOMU_COMMANDS] )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);

    for ( i = 0; i < DOMU_COMMANDS; i++ )
        result[i] = answers[i];
}

static void pin(unsigned int domid, unsigned int cpu)
{
    uint8_t map = 1u << cpu;
    struct xen_domctl op;

    memset(&op, 0, sizeof(op));
    op.domain = domid;
    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    op.u.vcpuaffinity.cpumap_hard.nr_bits = 8;
    set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, &map);
    domu_must(domctl(&op, XEN_DOMCTL_setvcpuaffinity), "pinned");
}

void domu_spin(unsigned int cpu)
{
    xen_pfn_t mfn[DOMU_PAGES + FOREIGN_TABLES];
    const volatile long *running;
    struct xen_domctl op;
    unsigned int domid;

    domid = create(true);
    pin(domid, cpu);
    populate(domid, mfn, ARRAY_SIZE(mfn));
    memcpy(window_map_foreign(1, 0, domid), domu_spin_code,
           domu_spin_end - domu_spin_code);
    running = window_map_foreign(2, 1, domid);
    domu_start_hvm(domid);

    /* Its first exits keep Xen busy: wait until it has run for a while. */
    do {
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
        memset(&op, 0, sizeof(op));
        op.domain = domid;
        domu_must(domctl(&op, XEN_DOMCTL_getdomaininfo), "looked at");
    } while ( !*running || op.u.getdomaininfo.cpu_time < DOMU_RUNS_NS );
}

static void check(const long *result, const char *when)
{
    unsigned int i;

    for ( i = 0; i < DOMU_COMMANDS - 1; i++ )
        ok(result[i] == -EPERM, "command %u %s: found %d, expected %d", i, when,
           (int)result[i], -EPERM);
    ok(result[i] < 0, "command %u %s: found %d, expected an error", i, when,
       (int)result[i]);
}

void scenario_privilege(void)
{
    long unloaded[DOMU_COMMANDS], loaded[DOMU_COMMANDS];
    struct image image;

    ask(unloaded);
    check(unloaded, "with nothing loaded");

    image_init(&image, KEXEC_TYPE_DEFAULT, arg_arch());
    image_add_probe_anywhere(&image);
    if ( !ok_eq(image_load(&image), 0, "load") )
        return;

    /* If the other domain enters the image, the probe finds this failure. */
    ++*tap.failures;
    ask(loaded);
    --*tap.failures;
    check(loaded, "with an image loaded");

    ok_eq(loaded[DOMU_COMMANDS - 1], unloaded[DOMU_COMMANDS - 1],
          "answer to command %u, whether an image is loaded or not",
          DOMU_COMMANDS - 1);
    ok_eq(kexec_status(KEXEC_TYPE_DEFAULT), 1, "status");
    image_exec(&image);
}

#else /* !__x86_64__ */

void domu_spin(unsigned int cpu)
{
    error("an HVM domain on CPU %u is for a 64-bit dom0", cpu);
}

void scenario_privilege(void)
{
    error("the other domain is for a 64-bit dom0");
}

#endif /* __x86_64__ */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
