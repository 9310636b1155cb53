/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has to come before what.
 *
 * Attacked: nothing; what other CPUs could see is looked at whenever the
 * order of writes is enforced, and when Xen is left.
 *
 * Must hold: what a pointer or a flag promises is written before it is, with
 * a barrier in between (invariant 3), and everything that a hand-over must
 * not meet is off before the other CPUs are stopped.
 */

#include "unit.h"

#include <xen/crash-notes.h>
#include <xen/kexec.h>

#include "cpu.h"
#include "dom0.h"
#include "guest.h"
#include "heap.h"
#include "peek.h"
#include "xen.h"

#define ALL_PREPARED (WATCHDOG_IS_OFF | CONSOLE_IS_SYNC | \
                      LOCKS_ARE_UNCHECKED | DMAR_IS_BACK | KEXECING)

extern int (*const initcall_crash_notes_init)(void);

/* The shipped ones: see the Makefile. */
void shipped_machine_crash_shutdown(void);
void shipped_machine_reboot_shutdown(const struct machine_kexec *machine);

/*
 * Barriers
 */

static unsigned int the_type;
static bool complete;           /* A barrier since the last write. */

/* A write to what is not armed yet. */
static void written(void)
{
    complete = false;
}

static void barrier_before_arming(void)
{
    complete = dom0_armed(the_type) == 1;
}

static void an_image_is_complete_before_it_is_armed(void **state)
{
    unsigned int how;

    for ( the_type = 0; the_type < 2; the_type++ )
        for ( how = 0; how < NR_HOW; how++ )
        {
            long rc;

            assert_int_equal(dom0_load(NATIVE, 0, the_type, 1), 0);
            complete = false;
            guest_after_read = written;
            at_barrier = barrier_before_arming;
            preempt_at(1, 1);
            rc = dom0_call(how, dom0_load_cmd(how),
                           dom0_load_args(how, 0, the_type, 2));

            /* At the first point at which another CPU may enter it. */
            while ( rc == CONTINUATION && dom0_armed(the_type) == 1 )
            {
                complete = false;
                rc = dom0_call(how, continuation.op,
                               (uint64_t)continuation.arg);
            }
            assert_int_equal(dom0_armed(the_type), 2);
            assert_true(complete);

            at_barrier = NULL;
            guest_after_read = NULL;
            assert_int_equal(dom0_finish(how, rc), 0);
            dom0_clean();
        }
}

/* The plan has to be there until all that it copies is in its place. */
static unsigned int planned;

static void barrier_before_the_plan_ends(void)
{
    const struct kimage *image = kexec_armed(KEXEC_TYPE_CRASH);

    if ( image && image->plan.first_maddr &&
         dom0_armed(KEXEC_TYPE_CRASH) == 2 )
        planned++;
}

static void an_image_is_in_place_before_its_plan_is_empty(void **state)
{
    assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1), 0);
    planned = 0;
    at_barrier = barrier_before_the_plan_ends;
    assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 2), 0);
    assert_int_equal(planned, 1);
    assert_false(kexec_armed(KEXEC_TYPE_CRASH)->plan.first_maddr);
}

static unsigned int unseen;

static void barrier_before_notes_are_seen(void)
{
    assert_true(crash_notes_size(0) > 0);
    unseen += !crash_notes_are_seen(0);
}

static void barrier_before_notes_are_saved(void)
{
    unseen += !crash_notes_are_saved(0);
}

static void notes_are_complete_before_they_are_seen(void **state)
{
    crash_notes_state_reset();
    unseen = 0;
    at_barrier = barrier_before_notes_are_seen;
    assert_int_equal(initcall_crash_notes_init(), 0);
    assert_int_equal(unseen, 1);
    assert_true(crash_notes_are_seen(0));

    unseen = 0;
    at_barrier = barrier_before_notes_are_saved;
    crash_notes_save_cpu(0, NULL);
    assert_int_equal(unseen, 1);
    assert_true(crash_notes_are_saved(0));

    crash_notes_state_reset();
}

/*
 * Ways out
 */

static void what_disturbs_a_hand_over_is_off_before_it(void **state)
{
    static enum way_out out;

    dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 1);
    assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec,
                               dom0_type_args(0, KEXEC_TYPE_DEFAULT)), 0);
    assert_int_equal(prepared, 0);
    assert_false(kexecing);
    out = setjmp(way_out);
    if ( out == STAYED )
        deferred.fn(deferred.data);
    assert_int_equal(out, REBOOTED);
    assert_int_equal(prepared_at_stop, ALL_PREPARED);
    assert_true(was_printed("entering the default image at 0000000001000101"));
}

static void what_disturbs_a_crash_is_off_before_it(void **state)
{
    static enum way_out out;

    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
    assert_int_equal(prepared, 0);
    out = setjmp(way_out);
    if ( out == STAYED )
        kexec_crash(CRASHREASON_PANIC);
    assert_int_equal(out, CRASHED);
    assert_int_equal(prepared_at_stop, ALL_PREPARED | IRQS_ARE_OFF);
    assert_int_equal(crash_action_reason, CRASHREASON_PANIC);
}

/*
 * How a CPU that crashes is left: with its notes written, those of Xen too,
 * when the others have been stopped and before the image is entered.
 */
static const struct cpu_user_regs frame = { .r15 = 0x1515 };
static bool saved_at_stop, breaks_locks;

static void look_after_stop(void)
{
    saved_at_stop = crash_notes_are_saved(2) && !crash_notes_are_saved(0);
    kexec_breaks_lock();
    clock_ns += SECONDS(2);
    breaks_locks = kexec_breaks_lock();
}

/* What CPU 2 needs to crash. */
static void make_notes_and_load(void)
{
    struct maddr_range range;

    crash_notes_state_reset();
    assert_int_equal(initcall_crash_notes_init(), 0);
    assert_int_equal(crash_notes_cpu_range(2, &range), 0);
    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
}

static void a_crash_leaves_its_notes(void **state)
{
    static enum way_out out;

    make_notes_and_load();
    /* The first of this process: no CPU has ended yet. */
    assert_false(kexec_breaks_lock());
    assert_null(kexec_dying_regs());
    this_cpu_id = 2;
    after_stop = look_after_stop;
    out = setjmp(way_out);
    if ( out == STAYED )
        kexec_crash(CRASHREASON_PANIC);
    assert_int_equal(out, CRASHED);
    assert_true(saved_at_stop);
    assert_true(breaks_locks);
    assert_true(crash_notes_xen_is_saved());
    crash_notes_state_reset();
}

static void look_whose_registers(void)
{
    breaks_locks = crash_notes_r15(2) == frame.r15;
}

static void a_crash_notes_whose_fault_it_was(void **state)
{
    static enum way_out out;

    make_notes_and_load();
    kexec_dying(&frame);
    this_cpu_id = 2;
    after_stop = look_whose_registers;
    out = setjmp(way_out);
    if ( out == STAYED )
        kexec_crash(CRASHREASON_PANIC);
    assert_int_equal(out, CRASHED);
    assert_true(breaks_locks);
    crash_notes_state_reset();
}

/* The image that is not entered is named by both its digests. */
static void what_was_found_is_told(void **state)
{
    uint8_t *byte = maddr_to_virt(DOM0_CRASH.start + 0x10);
    static char expected[100];
    static enum way_out out;

    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
    machine_unprotect();
    *byte ^= 0x10;
    snprintf(expected, sizeof(expected), "kexec: expected sha256 %32phN\n",
             (void *)kexec_armed(KEXEC_TYPE_CRASH)->digest.bytes);
    out = setjmp(way_out);
    if ( out == STAYED )
        kexec_crash(CRASHREASON_PANIC);
    *byte ^= 0x10;
    assert_int_equal(out, RESET);
    assert_int_equal(restart_delay_ms, 5000);
    assert_true(was_printed("kexec: the crash image's bytes are not what was "
                            "loaded, not entering it\n"));
    assert_true(was_printed(expected));
    memcpy(strstr(expected, "expected"), "found   ", 8);
    assert_true(was_printed("kexec: found    sha256 "));
    assert_false(was_printed(expected));
}

/* A tail has no digest: there are no two that differ to be shown. */
static void a_dirty_tail_is_told_without_digests(void **state)
{
    const struct kimage_segment *seg;
    static enum way_out out;
    uint8_t *byte;

    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
    for ( seg = kexec_armed(KEXEC_TYPE_CRASH)->segments;
          seg->dest.start + seg->buf_size == seg->dest.end; seg++ )
        ;
    byte = maddr_to_virt(seg->dest.end - 1);
    machine_unprotect();
    *byte = 1;
    out = setjmp(way_out);
    if ( out == STAYED )
        kexec_crash(CRASHREASON_PANIC);
    *byte = 0;
    assert_int_equal(out, RESET);
    assert_true(was_printed("kexec: the crash image's tails are not what was "
                            "loaded, not entering it\n"));
    assert_false(was_printed("expected sha256"));
}

static void unload_crash_image(void)
{
    at_crash_action = NULL;
    assert_int_equal(dom0_unload(NATIVE, 1, KEXEC_TYPE_CRASH), 0);
}

/* A debug key that is pressed on the way may take a while. */
static void an_exec_whose_image_has_gone_returns(void **state)
{
    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
    at_crash_action = unload_crash_image;
    assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec,
                               dom0_type_args(0, KEXEC_TYPE_CRASH)), -ENOENT);
    assert_int_equal(crash_action_reason, CRASHREASON_KEXECCMD);
    assert_true(was_printed("kexec: exec crash: refused: nothing is loaded ("));
    assert_int_equal(prepared, 0);
}

/* Nothing is touched for a crash that has no image to go to. */
static void without_an_image_nothing_is_prepared(void **state)
{
    kexec_crash(CRASHREASON_PANIC);
    assert_int_equal(prepared, 0);
    assert_false(kexecing);
}

/*
 * Protection that fails half way
 */

/* The n-th allocation of a load fails: it may be of page tables. */
static void an_area_that_is_half_writable_is_made_whole(void **state)
{
    unsigned long n, halves = 0;
    bool failed;

    for ( n = 1; ; n++ )
    {
        paddr_t maddr;
        long rc;

        dom0_reset();
        assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1), 0);
        machine_merge_mappings();
        heap_fail(n, false);
        rc = dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 2);
        failed = heap_failed();
        heap_fail(0, false);
        if ( !failed )
            break;

        if ( was_printed("the crash area cannot be made writable") )
        {
            halves++;
            assert_int_equal(rc, 0);
            assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 2);
        }
        if ( was_printed("the crash area cannot be made read-only") )
            continue;
        for ( maddr = DOM0_CRASH.start; maddr < DOM0_CRASH.end;
              maddr += PAGE_SIZE )
            assert_true(machine_is_protected(maddr));
    }
    assert_true(halves > 0);
}

/*
 * Other CPUs
 */

/*
 * Once it counts as stopped, the image may be entered: a line that is written
 * back later would overwrite what that has written.
 */
static void a_cpu_flushes_its_caches_before_it_counts_as_stopped(void **state)
{
    const struct cpu_write *flushed, *stopped;

    make_notes_and_load();
    cpu_reset(X86_VENDOR_AMD, 0x17);
    cpu_set_leaf(0x80000000, 0x8000001f, 0, 0);
    cpu_set_leaf(0x8000001f, 1, 0, 0);
    cpu_stays = true;
    flush_ms = 9000;
    shipped_machine_crash_shutdown();
    flushed = cpu_written(CPU_WBINVD, 1);
    stopped = cpu_written(CPU_STOPPED, 1);
    assert_non_null(flushed);
    assert_non_null(stopped);
    assert_true(flushed < stopped);
    crash_notes_state_reset();
}

/* Intel MP specification 1.4, B.4: 10 ms, and the APIC is what sends it. */
static void an_init_is_sent_before_the_apic_is_off(void **state)
{
    const struct cpu_write *sent, *idle, *delay, *off;

    dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 1);
    cpu_msr = (struct cpu_msr){ MSR_APIC_BASE, APIC_BASE_BSP };
    shipped_machine_reboot_shutdown(&kexec_armed(KEXEC_TYPE_DEFAULT)->machine);
    sent = cpu_written(APIC_ICR, 0);
    idle = cpu_written(APIC_IS_IDLE, 0);
    delay = cpu_written(DELAY_MS, 0);
    off = cpu_written(CPU_STOPPED, 0);
    assert_non_null(sent);
    assert_true(sent->value & APIC_DM_INIT);
    assert_true(sent < idle && idle < delay && delay < off);
    assert_true(delay->value >= 10);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, dom0_setup, dom0_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_crash_leaves_its_notes),     /* First: no CPU has ended. */
        TEST(a_crash_notes_whose_fault_it_was),
        TEST(an_image_is_complete_before_it_is_armed),
        TEST(an_image_is_in_place_before_its_plan_is_empty),
        TEST(notes_are_complete_before_they_are_seen),
        TEST(what_disturbs_a_hand_over_is_off_before_it),
        TEST(what_disturbs_a_crash_is_off_before_it),
        TEST(without_an_image_nothing_is_prepared),
        TEST(what_was_found_is_told),
        TEST(a_dirty_tail_is_told_without_digests),
        TEST(an_exec_whose_image_has_gone_returns),
        TEST(an_area_that_is_half_writable_is_made_whole),
        TEST(a_cpu_flushes_its_caches_before_it_counts_as_stopped),
        TEST(an_init_is_sent_before_the_apic_is_off),
    };

    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
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
