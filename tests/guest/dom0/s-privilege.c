/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * privilege
 *
 * Attacked: every command, by a domain that may not use any.  The dom0 builds
 * the domain itself: two pages, and tables for them.
 * Must hold: -EPERM for each; the same answers whether an image is loaded or
 * not; and what is loaded stays, and is entered.
 */
#include "dom0.h"

#define DOMU_VA     (VIRT_BASE + 0x1000000)
#define COMMANDS    8
#define PAGES       2

extern const uint8_t domu_code[], domu_code_end[];

static long domctl(struct xen_domctl *op, unsigned int cmd)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;

    return hypercall(__HYPERVISOR_domctl, ARG(op), 0, 0, 0);
}

static void must(long rc, const char *what)
{
    if ( rc )
        error("the other domain, %s: %d", what, (int)rc);
}

static unsigned int create(void)
{
    struct xen_domctl op;
    unsigned int domid;

    memset(&op, 0, sizeof(op));
    op.u.createdomain.max_vcpus = 1;
    op.u.createdomain.max_evtchn_port = 127;
    op.u.createdomain.max_grant_frames = -1;
    op.u.createdomain.max_maptrack_frames = -1;
    op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
    must(domctl(&op, XEN_DOMCTL_createdomain), "created");
    domid = op.domain;

    if ( COMPAT )
    {
        memset(&op.u, 0, sizeof(op.u));
        op.u.address_size.size = 32;
        must(domctl(&op, XEN_DOMCTL_set_address_size), "32-bit");
    }

    memset(&op.u, 0, sizeof(op.u));
    op.u.max_vcpus.max = 1;
    must(domctl(&op, XEN_DOMCTL_max_vcpus), "given a vCPU");

    memset(&op.u, 0, sizeof(op.u));
    op.u.max_mem.max_memkb = 1024;
    must(domctl(&op, XEN_DOMCTL_max_mem), "limited");

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
#ifdef __x86_64__
    context.user_regs.rip = DOMU_VA;
    context.user_regs.rsp = DOMU_VA + PAGES * PAGE_SIZE;
#else
    context.user_regs.eip = DOMU_VA;
    context.user_regs.esp = DOMU_VA + PAGES * PAGE_SIZE;
#endif
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.user_regs.ds = FLAT_KERNEL_DS;
    context.user_regs.es = FLAT_KERNEL_DS;
    context.kernel_ss = FLAT_KERNEL_SS;
    context.kernel_sp = DOMU_VA + PAGES * PAGE_SIZE;

    memset(&op, 0, sizeof(op));
    op.domain = domid;
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &context);
    must(domctl(&op, XEN_DOMCTL_setvcpucontext), "its vCPU");
    must(domctl(&op, XEN_DOMCTL_unpausedomain), "started");
}

/* A domain makes all the calls; what it got is in result. */
static void ask(long *result)
{
    unsigned int domid = create();
    xen_pfn_t mfn[PAGES + FOREIGN_TABLES];
    volatile unsigned long *answer;
    unsigned long cr3;

    populate(domid, mfn, ARRAY_SIZE(mfn));
    memcpy(window_map_foreign(1, mfn[0], domid), domu_code,
           domu_code_end - domu_code);
    answer = window_map_foreign(2, mfn[1], domid);
    memset((void *)answer, 0, PAGE_SIZE);
    cr3 = foreign_tables(domid, DOMU_VA, mfn, PAGES);
    start(domid, cr3);

    while ( !answer[COMMANDS] )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);

    memcpy(result, (const void *)answer, COMMANDS * sizeof(*result));
}

static void check(const long *result, const char *when)
{
    unsigned int i;

    for ( i = 0; i < COMMANDS - 1; i++ )
        ok(result[i] == -EPERM, "command %u %s: found %d, expected %d", i, when,
           (int)result[i], -EPERM);
    ok(result[i] < 0, "command %u %s: found %d, expected an error", i, when,
       (int)result[i]);
}

void scenario_privilege(void)
{
    long unloaded[COMMANDS], loaded[COMMANDS];
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

    ok_eq(loaded[COMMANDS - 1], unloaded[COMMANDS - 1],
          "answer to command %u, whether an image is loaded or not",
          COMMANDS - 1);
    ok_eq(kexec_status(KEXEC_TYPE_DEFAULT), 1, "status");
    image_exec(&image);
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
