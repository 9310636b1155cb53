/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What else may happen while an operation is under way.
 *
 * Attacked: a load or an unload, of either type, by the native hypercall and
 * by the compat one of old, with nothing or generation 1 armed.  At each point
 * of it in turn the other vCPU does something else, from start to end:
 *
 *   preempted    at the n-th preemption check, between two hypercalls
 *   at a lock    before or after the n-th time that a lock is held
 *   at a read    while the n-th piece of guest memory is being copied
 *
 * Must hold: each of the two succeeds as if it had been alone, or has -EBUSY
 * and no effect.  What is armed at the end is what one of them made of it, and
 * in its place; at any moment it can be entered (invariant 3); and when
 * everything has been unloaded, nothing is left (8).
 */

#include "unit.h"

#include <xen/kexec.h>

#include "dom0.h"
#include "guest.h"
#include "heap.h"
#include "peek.h"
#include "xen.h"

#define LOAD_GENERATION  2      /* What the operation loads, */
#define OTHER_GENERATION 4      /* and what the other vCPU does. */

enum where {
    PREEMPTED,
    PREEMPTED_ALWAYS,           /* The other vCPU is, as well. */
    AT_LOCK,
    AT_READ,
    NR_WHERE,
};

enum other {
    NOTHING,
    LOAD_SAME,
    LOAD_OTHER,
    LOAD_REFUSED,               /* When it has claimed the slot. */
    UNLOAD_SAME,
    UNLOAD_OTHER,
    STATUS,
    CHANGE_ARGUMENTS,
    STALE_COOKIE,
    EXEC,
    CRASH,
    NR_OTHER,
};

static struct scenario {
    enum how how;
    bool unload;
    unsigned int type;
    bool replace;               /* Generation 1 is armed already. */
    enum where where;
    enum other other;

    bool done;                  /* The other thing has happened. */
    long other_rc;
    unsigned int armed_then;    /* What was armed when it began. */
} now;

static unsigned long read_countdown;

static void check_armed(unsigned int type)
{
    unsigned int generation = dom0_armed(type);

    assert_true(generation == 0 || generation == 1 ||
                generation == LOAD_GENERATION ||
                generation == OTHER_GENERATION);
}

static void do_other(void)
{
    struct continuation mine = continuation;
    unsigned int other_type = !now.type;
    xen_kexec_status_t status = { now.type };

    if ( now.done )
        return;
    now.done = true;
    check_armed(now.type);
    now.armed_then = dom0_armed(now.type);

    /* vCPU 1 has its own hypercall: not always the same as vCPU 0. */
    switch ( now.other )
    {
    case NOTHING:
        break;

    case LOAD_SAME:
        now.other_rc = dom0_load(!now.how, 1, now.type, OTHER_GENERATION);
        break;

    case LOAD_OTHER:
        now.other_rc = dom0_load(now.how, 1, other_type, OTHER_GENERATION);
        assert_int_equal(now.other_rc, 0);
        break;

    case LOAD_REFUSED:
        now.other_rc = dom0_finish(
            now.how, dom0_call(now.how, dom0_load_cmd(now.how),
                               dom0_unreadable_args(now.how, 1, now.type)));
        assert_true(now.other_rc == -EFAULT || now.other_rc == -EBUSY);
        break;

    case UNLOAD_SAME:
        now.other_rc = dom0_unload(now.how, 1, now.type);
        break;

    case UNLOAD_OTHER:
        now.other_rc = dom0_unload(now.how, 1, other_type);
        assert_int_equal(now.other_rc, 0);
        break;

    case STATUS:
        now.other_rc = dom0_call(now.how, KEXEC_CMD_kexec_status,
                                 dom0_args(1, &status, sizeof(status)));
        assert_int_equal(now.other_rc, now.armed_then != 0);
        break;

    case CHANGE_ARGUMENTS:
        dom0_scribble(0);
        break;

    case STALE_COOKIE:
        /* The one before this: of this slot, and with the same command. */
        now.other_rc = dom0_call(now.how, (continuation.op & ~0x200UL) - 0x400,
                                 0);
        break;

    case EXEC:
        now.other_rc = dom0_call(now.how, KEXEC_CMD_kexec,
                                 dom0_type_args(1, KEXEC_TYPE_DEFAULT));
        break;

    case CRASH:
        kexec_crash(CRASHREASON_PANIC);
        assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 0);
        break;

    case NR_OTHER:
        break;
    }

    continuation = mine;
}

static void after_read(void)
{
    if ( read_countdown && !--read_countdown )
        do_other();
}

static bool reached(void)
{
    return now.done;
}

static long run_operation(unsigned long n)
{
    uint64_t arg = now.unload ? dom0_type_args(0, now.type)
                              : dom0_load_args(now.how, 0, now.type,
                                               LOAD_GENERATION);
    long rc;

    switch ( now.where )
    {
    case PREEMPTED:
        preempt_at(n, 0);
        break;
    case PREEMPTED_ALWAYS:
        preempt_at(n, 1);
        break;
    case AT_LOCK:
        at_lock(n, do_other);
        break;
    case AT_READ:
        read_countdown = n;
        guest_after_read = after_read;
        break;
    case NR_WHERE:
        break;
    }

    rc = dom0_call(now.how, now.unload ? dom0_unload_cmd(now.how)
                                       : dom0_load_cmd(now.how), arg);
    while ( rc == CONTINUATION )
    {
        struct continuation mine = continuation;
        bool frozen;

        do_other();
        frozen = kexec_is_frozen();
        rc = dom0_call(now.how, mine.op, (uint64_t)mine.arg);

        /* Until the exec fails or has left, the operation waits. */
        if ( frozen )
        {
            assert_int_equal(rc, CONTINUATION);
            assert_int_equal(continuation.op, mine.op);
            break;
        }
    }

    preempt_at(0, 0);
    at_lock(0, NULL);
    guest_after_read = NULL;
    read_countdown = 0;

    return rc;
}

/* What the type's slot has to hold, after an operation of this result. */
static void check_end(long rc)
{
    unsigned int mine = now.unload ? 0 : LOAD_GENERATION;
    unsigned int theirs = now.other == LOAD_SAME ? OTHER_GENERATION : 0;
    unsigned int armed = dom0_armed(now.type);
    bool same = now.other == LOAD_SAME || now.other == UNLOAD_SAME ||
                now.other == LOAD_REFUSED;
    /* It had been done, but for what goes on whoever does it. */
    bool was_done = now.armed_then == mine && (mine || now.replace);

    /*
     * Segments or list may be other ones before they are read, and a list is
     * read in stretches.
     */
    if ( (now.where == AT_READ || now.how >= NATIVE_V1) &&
         now.other == CHANGE_ARGUMENTS && rc )
    {
        assert_true(rc == -EINVAL || rc == -EFAULT);
        assert_int_equal(armed, now.armed_then);
        return;
    }

    assert_true(rc == 0 || rc == -EBUSY);

    if ( !same )
    {
        /* Only an exec is in its way. */
        if ( rc )
            assert_int_equal(now.other, EXEC);
        if ( rc && armed != now.armed_then )
            fail_msg("armed: %u, and not %u", armed, now.armed_then);
        if ( !rc )
            assert_int_equal(armed, mine);
        return;
    }

    assert_true(now.other_rc == 0 || now.other_rc == -EBUSY ||
                now.other == LOAD_REFUSED);
    if ( rc && now.other_rc && now.other != LOAD_REFUSED )
        fail_msg("neither of two succeeds");
    if ( rc && now.other_rc )
        assert_int_equal(armed, now.armed_then);
    else if ( rc )
        assert_int_equal(armed, theirs);
    else if ( now.other_rc )
        assert_int_equal(armed, mine);
    else
        assert_true(armed == mine || armed == theirs);

    /* Between two hypercalls, nobody is at work: the new one wins. */
    if ( now.where <= PREEMPTED_ALWAYS )
    {
        assert_int_equal(now.other_rc,
                         now.other == LOAD_REFUSED ? -EFAULT : 0);
        assert_int_equal(rc, was_done ? 0 : -EBUSY);
    }
}

/* Nothing that was begun is left for whoever comes next. */
static void check_finished(unsigned int type)
{
    const struct kimage *image = kexec_armed(type);

    assert_true(kexec_is_idle(type));
    if ( image && type == KEXEC_TYPE_CRASH )
        assert_false(image->plan.first_maddr);
}

/* An exec has been promised: carry it out, last of all. */
static void check_exec(void)
{
    const struct kimage *image = kexec_armed(KEXEC_TYPE_DEFAULT);
    volatile bool left = false;

    if ( !image )
    {
        assert_int_equal(now.other_rc, -ENOENT);
        return;
    }
    if ( now.other_rc == -ENOENT )
        return;         /* It was armed later. */

    assert_int_equal(now.other_rc, 0);
    assert_true(kexec_is_frozen());
    assert_ptr_equal(deferred.data, image);
    assert_true(dom0_armed(KEXEC_TYPE_DEFAULT) != 0);

    if ( setjmp(way_out) == REBOOTED )
        left = true;
    else
        deferred.fn(deferred.data);
    assert_true(left);
}

/* Say where it was that it failed. */
static unsigned long point;
static bool all_good;

static int say_where(void **state)
{
    if ( all_good )
        return 0;

    print_message("# at: how %u unload %u type %u replace %u where %u "
                  "other %u (%ld) point %lu\n", now.how, now.unload,
                  now.type, now.replace, now.where, now.other, now.other_rc,
                  point);

    return 0;
}

/* False when there is no such point any more. */
static bool run_at(unsigned long n)
{
    static enum way_out out;
    long rc;

    point = n;
    dom0_reset();
    now.done = false;
    now.other_rc = 0;

    if ( now.replace )
    {
        assert_int_equal(dom0_load(now.how, 0, now.type, 1), 0);
        assert_int_equal(dom0_load(NATIVE, 0, !now.type, 1), 0);
    }

    out = setjmp(way_out);
    if ( out != STAYED )
    {
        /* The machine is in what was armed at that moment. */
        assert_int_equal(out, CRASHED);
        assert_int_equal(now.other, CRASH);
        assert_true(dom0_armed(KEXEC_TYPE_CRASH) != 0);
        return true;
    }

    rc = run_operation(n);
    if ( !reached() )
    {
        assert_int_equal(rc, 0);
        dom0_clean();
        return false;
    }

    if ( rc == CONTINUATION )
        assert_int_equal(dom0_armed(now.type), now.armed_then);
    else
        check_end(rc);
    if ( now.other == EXEC )
        check_exec();
    if ( !kexec_is_frozen() )
    {
        check_finished(now.type);
        check_finished(!now.type);
        dom0_clean();
    }

    return true;
}

static void run_everywhere(void)
{
    unsigned long n;

    for ( now.type = 0; now.type < 2; now.type++ )
        for ( now.other = 0; now.other < NR_OTHER; now.other++ )
        {
            for ( n = 1; run_at(n); n++ )
                ;
            /* A point that was never reached was never tested. */
            if ( !(now.unload && now.where != AT_LOCK) )
                assert_true(n > 4);
        }
}

static void run_each_way(bool unload, bool replace)
{
    now.unload = unload;
    now.replace = replace;
    all_good = false;
    for ( now.how = NATIVE; now.how < NR_HOW; now.how += COMPAT_V1 - NATIVE )
        for ( now.where = 0; now.where < NR_WHERE; now.where++ )
            run_everywhere();
    all_good = true;
}

static void while_a_first_image_is_loaded(void **state)
{
    run_each_way(false, false);
}

static void while_an_image_is_replaced(void **state)
{
    run_each_way(false, true);
}

static void while_an_image_is_unloaded(void **state)
{
    run_each_way(true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(while_a_first_image_is_loaded, say_where),
        cmocka_unit_test_teardown(while_an_image_is_replaced, say_where),
        cmocka_unit_test_teardown(while_an_image_is_unloaded, say_where),
    };

    return cmocka_run_group_tests_name("interleave", tests, NULL, NULL);
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
