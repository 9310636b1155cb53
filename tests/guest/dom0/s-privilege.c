/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * privilege
 *
 * Attacked: every command, by a domain that may not use any.  The dom0 builds
 * the domain itself: two pages, and tables for them.  It is a PV domain of the
 * dom0's own width, or with domu=hvm64 and domu=hvm32 an HVM domain.
 * Must hold: -EPERM for each; the same answers whether an image is loaded or
 * not; and what is loaded stays, and is entered.
 */
#include "dom0.h"
#include "domu.h"

#define DOMU_VA (VIRT_BASE + 0x1000000)

extern const uint8_t domu_code[], domu_code_end[];
extern const uint8_t domu_hvm64[], domu_hvm64_end[];
extern const uint8_t domu_hvm32[], domu_hvm32_end[];
extern const uint8_t domu_spin_code[], domu_spin_end[];

static bool hvm, bits_32;

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
    if ( hvm )
    {
        op.u.createdomain.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
        op.u.createdomain.arch.emulation_flags = XEN_X86_EMU_LAPIC;
    }
    domu_must(domctl(&op, XEN_DOMCTL_createdomain), "created");
    domid = op.domain;

    if ( COMPAT && !hvm )
    {
        memset(&op.u, 0, sizeof(op.u));
        op.u.address_size.size = 32;
        domu_must(domctl(&op, XEN_DOMCTL_set_address_size), "32-bit");
    }

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
#ifdef __x86_64__
    context.user_regs.rip = DOMU_VA;
    context.user_regs.rsp = DOMU_VA + DOMU_PAGES * PAGE_SIZE;
#else
    context.user_regs.eip = DOMU_VA;
    context.user_regs.esp = DOMU_VA + DOMU_PAGES * PAGE_SIZE;
#endif
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

/* Page i of the domain, seen through a window. */
static void *map_page(unsigned int i, const xen_pfn_t *mfn, unsigned int domid)
{
    return window_map_foreign(1 + i, hvm ? i : mfn[i], domid);
}

static void copy_code(void *page)
{
    const uint8_t *code = domu_code, *end = domu_code_end;

#ifdef __x86_64__
    if ( hvm )
    {
        code = bits_32 ? domu_hvm32 : domu_hvm64;
        end = bits_32 ? domu_hvm32_end : domu_hvm64_end;
    }
#endif

    memcpy(page, code, end - code);
}

static long answer(const volatile void *page, unsigned int i)
{
    return bits_32 ? ((const volatile int32_t *)page)[i]
                   : ((const volatile long *)page)[i];
}

/* A domain makes all the calls; what it got is in result. */
static void ask(long *result)
{
    unsigned int domid = create(), i;
    xen_pfn_t mfn[DOMU_PAGES + FOREIGN_TABLES];
    void *answers;

    populate(domid, mfn, ARRAY_SIZE(mfn));
    copy_code(map_page(0, mfn, domid));
    answers = map_page(1, mfn, domid);
    memset(answers, 0, PAGE_SIZE);
    if ( hvm )
        domu_start_hvm(domid, !bits_32);
    else
        start(domid, foreign_tables(domid, DOMU_VA, mfn, DOMU_PAGES));

    while ( !answer(answers, DOMU_COMMANDS) )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);

    for ( i = 0; i < DOMU_COMMANDS; i++ )
        result[i] = answer(answers, i);
}

#ifdef __x86_64__

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
    unsigned int domid;

    hvm = true;
    domid = create();
    pin(domid, cpu);
    populate(domid, mfn, ARRAY_SIZE(mfn));
    memcpy(map_page(0, mfn, domid), domu_spin_code,
           domu_spin_end - domu_spin_code);
    running = map_page(1, mfn, domid);
    domu_start_hvm(domid, true);

    while ( !*running )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
}

#else /* !__x86_64__ */

void domu_spin(unsigned int cpu)
{
    error("an HVM domain on CPU %u is for a 64-bit dom0", cpu);
}

#endif /* __x86_64__ */

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

    bits_32 = COMPAT || arg_is("domu", "hvm32");
    hvm = arg_is("domu", "hvm32") || arg_is("domu", "hvm64");
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

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
