/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * crash
 *
 * Attacked: the way from a crash to the crash image, from each place where Xen
 * can crash (crash-test= on its command line, see patches/test), and by all
 * that crashes it on request.
 * Must hold: the image is entered, with every byte as it was loaded; the notes
 * of each CPU have the registers that it had, those of a CPU that was not
 * there are empty.
 *
 *   how=      hook: crash-test=; key: debug key C; panic: of the dom0;
 *             watchdog: the dom0's, not fed; wait: for the runner to do it;
 *             spin: the same, without a hypercall, so that Xen does not run;
 *             starting: a CPU of offline= that is brought up again, by hook
 *   vcpu=     where from, with dom0_vcpus_pin
 *   offline=  CPUs to take offline before, a mask
 *   missing=  CPUs that Xen did not bring up, a mask
 *   self= others=  what their notes have: known, saved (default), empty, or
 *             guest: what the HVM guest has that hvm=1 starts on CPU 1, or
 *             this one while it spins
 */
#include "dom0.h"

#define FILL_OFFSET     (MB(2) + 5)
#define FILL_BYTES      300001
#define FILL_TAIL       100000

static struct image image;

static void send_key(char key)
{
    struct xen_sysctl op;
    long rc;

    memset(&op, 0, sizeof(op));
    op.cmd = XEN_SYSCTL_debug_keys;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    set_xen_guest_handle(op.u.debug_keys.keys, &key);
    op.u.debug_keys.nr_keys = 1;

    rc = hypercall(__HYPERVISOR_sysctl, ARG(&op), 0, 0, 0);
    if ( rc )
        error("debug key %c: %d", key, (int)rc);
}

void crash_by_hook(void)
{
    send_key('X');
}

static void wait(void)
{
    for ( ; ; )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
}

/* With registers that the probe knows. */
static void spin(void)
{
#ifdef __x86_64__
    uint64_t regs[KNOWN_REGS];
    unsigned int i;

    for ( i = 0; i < KNOWN_REGS; i++ )
        regs[i] = known_reg(0, i);

    /* RAX, which has the address, is the last but four. */
    asm volatile ( ".irp reg, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;"
                   "mov (%%rax), %%\\reg; add $8, %%rax; .endr;"
                   "mov 0x08(%%rax), %%rcx; mov 0x10(%%rax), %%rdx;"
                   "mov 0x18(%%rax), %%rsi; mov 0x20(%%rax), %%rdi;"
                   "mov (%%rax), %%rax; jmp ."
                   :: "a" (regs), "m" (regs) );
#endif
    error("a 32-bit dom0 cannot spin");
}

static void crash_here(void *unused)
{
    struct sched_shutdown panic = { .reason = SHUTDOWN_crash };
    struct sched_watchdog watchdog = { .timeout = 1 };

    print("# crash\n");

    if ( arg_is("how", "key") )
        send_key('C');
    else if ( arg_is("how", "panic") )
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, ARG(&panic), 0, 0);
    else if ( arg_is("how", "watchdog") )
    {
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_watchdog, ARG(&watchdog), 0,
                  0);
        wait();
    }
    else if ( arg_is("how", "wait") )
        wait();
    else if ( arg_is("how", "spin") )
        spin();
    else if ( arg_is("how", "starting") )
    {
        crash_by_hook();
        take_cpus_online(arg_number("offline", 0));
    }
    else
        crash_by_hook();

    /* In a softirq or in an interrupt it comes a little later. */
    wait();
}

static unsigned int expected_notes(const char *whose)
{
    if ( arg_is(whose, "known") )
        return NOTES_KNOWN;

    if ( arg_is(whose, "guest") )
        return NOTES_GUEST;

    return arg_is(whose, "empty") ? NOTES_EMPTY : NOTES_SAVED;
}

static void expect_notes(unsigned int self, unsigned int absent)
{
    unsigned int cpu, nr = arg_number("cpus", 1), online = 0;

    for ( cpu = 0; cpu < nr; cpu++ )
    {
        struct facts_notes *notes = &image.facts->notes[cpu];
        xen_kexec_range_t range;

        long rc = kexec_get_range(KEXEC_RANGE_MA_CPU, cpu, &range);

        /* With maxcpus= there are no more for Xen than that. */
        if ( rc == -ERANGE && (absent & (1u << cpu)) )
            break;
        if ( rc )
            error("where the notes of CPU %u are, is not said", cpu);

        notes->maddr = range.start;
        notes->size = range.size;
        if ( cpu == self )
            notes->expected = expected_notes("self");
        else
            notes->expected = absent & (1u << cpu) ? NOTES_EMPTY
                                                   : expected_notes("others");
        online += !(absent & (1u << cpu));
    }

    ok_eq(nr_cpus(), online, "CPUs online");
    image.facts->nr_notes = cpu;
}

void scenario_crash(void)
{
    unsigned int vcpu = arg_number("vcpu", 0);
    unsigned int offline = arg_number("offline", 0);
    uint64_t size, maddr = crash_area(&size);

    image_init(&image, KEXEC_TYPE_CRASH, arg_arch());
    image_add_probe_anywhere(&image);
    image_add(&image, maddr + FILL_OFFSET, FILL_BYTES, FILL_BYTES + FILL_TAIL);

    take_cpus_offline(offline);
    expect_notes(arg_number("crashes", vcpu),
                 offline | arg_number("missing", 0));

    if ( !ok_eq(image_load(&image), 0, "load of %u segments", image.nr) )
        return;

    if ( arg_number("hvm", 0) )
        domu_spin(1);

    if ( !vcpu )
        crash_here(NULL);

    if ( !vcpu_run(vcpu, crash_here, NULL) )
        error("there is no vCPU %u", vcpu);

    wait();
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
