/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercall, native and compat, with the commands of now and of old.
 *
 * Attacked: arguments that nobody may give, or that cannot be read; each copy
 * and each allocation fails in turn; the guest overwrites what Xen has read.
 *
 * Must hold: the error that the table of refusals says, and the armed images,
 * the heap and the crash area as they were (invariant 2).
 */

#include "unit.h"

#include <xen/kexec.h>
#include <xen/crash-notes.h>
#include <xen/vmcoreinfo.h>

#include <asm/machine_kexec.h>

#include <compat/kexec.h>

#include "cpu.h"
#include "dom0.h"
#include "guest.h"
#include "heap.h"
#include "peek.h"
#include "xen.h"

#include "kexec-private.h"

#define NOWHERE 0x123456

extern int (*const initcall_kexec_init)(void);

static void each_load_arms_what_it_says(void **state)
{
    unsigned int type, generation, how;

    for ( type = 0; type < 2; type++ )
        for ( generation = 1; generation < 4; generation++ )
            for ( how = 0; how < NR_HOW; how++ )
            {
                xen_kexec_status_t status = { type };

                assert_int_equal(dom0_load(how, 0, type, generation), 0);
                assert_int_equal(dom0_armed(type), generation);
                assert_int_equal(dom0_call(how, KEXEC_CMD_kexec_status,
                                           dom0_args(0, &status, 1)), 1);
                assert_true(kexec_is_idle(type));

                /* Invariant 3: in place, and nothing to be copied. */
                if ( type == KEXEC_TYPE_CRASH )
                    assert_false(kexec_armed(type)->plan.first_maddr);
            }

    for ( type = 0; type < 2; type++ )
    {
        xen_kexec_status_t status = { type };

        assert_int_equal(dom0_unload(NATIVE, 0, type), 0);
        assert_int_equal(dom0_armed(type), 0);
        assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec_status,
                                   dom0_args(0, &status, 1)), 0);
    }
}

static void the_log_says_what_was_done(void **state)
{
    dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 1);
    assert_true(was_printed("kexec: default: loaded: 4 segments, 36894 bytes, "
                            "entry 0000000001000101, 64-bit\n"));
    dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 3);
    assert_true(was_printed("kexec: default: replaced: 4 segments, 36894 "
                            "bytes, entry 0000000001000103, 32-bit\n"));
    dom0_unload(NATIVE, 0, KEXEC_TYPE_DEFAULT);
    assert_true(was_printed("kexec: default: unloaded\n"));
    dom0_unload(NATIVE, 0, KEXEC_TYPE_DEFAULT);
    assert_true(was_printed("kexec: default: nothing to unload\n"));
}

static void whoever_may_not_is_told_so(void **state)
{
    unsigned int cmd;

    xsm_rc = -EPERM;
    for ( cmd = 0; cmd < 300; cmd++ )
    {
        assert_int_equal(dom0_call(NATIVE, cmd, NOWHERE), -EPERM);
        assert_int_equal(dom0_call(COMPAT, cmd, NOWHERE), -EPERM);
    }
}

static void unknown_commands_are_eopnotsupp(void **state)
{
    unsigned long cmd;

    for ( cmd = 7; cmd < 256; cmd++ )
    {
        assert_int_equal(dom0_call(NATIVE, cmd, NOWHERE), -EOPNOTSUPP);
        assert_int_equal(dom0_call(COMPAT, cmd, NOWHERE), -EOPNOTSUPP);
    }

    /* Bits that no command has, and a cookie for what is never continued. */
    for ( cmd = 0; cmd < 7; cmd++ )
        assert_int_equal(dom0_call(NATIVE, cmd | (1UL << 32), NOWHERE),
                         -EOPNOTSUPP);
    assert_int_equal(dom0_call(NATIVE, 0x100 | KEXEC_CMD_kexec, NOWHERE),
                     -EOPNOTSUPP);
    assert_int_equal(dom0_call(NATIVE, 0x100 | KEXEC_CMD_kexec_status,
                               NOWHERE), -EOPNOTSUPP);
    assert_int_equal(dom0_call(COMPAT, 0x100 | KEXEC_CMD_kexec_get_range,
                               NOWHERE), -EOPNOTSUPP);
}

/* A cookie is for who has one: others go on with nothing. */
static void guessed_cookies_go_on_with_nothing(void **state)
{
    unsigned int cookie;

    assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 1), 0);
    for ( cookie = 1; cookie < 0x1000; cookie++ )
    {
        assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec_load |
                                           cookie << 8, NOWHERE), -EBUSY);
        assert_int_equal(dom0_call(COMPAT, KEXEC_CMD_kexec_unload |
                                           cookie << 8, NOWHERE), -EBUSY);
    }
    assert_int_equal(dom0_armed(KEXEC_TYPE_DEFAULT), 1);
}

/* Preempted anywhere, and too late for what is left of it. */
static void a_load_that_is_refused_never_ends_well(void **state)
{
    unsigned long n;
    long rc;

    for ( n = 1; ; n++ )
    {
        struct continuation refused;

        dom0_reset();
        preempt_at(n, 0);
        rc = dom0_call(NATIVE, KEXEC_CMD_kexec_load,
                       dom0_unreadable_args(NATIVE, 0, KEXEC_TYPE_DEFAULT));
        if ( rc != CONTINUATION )
            break;

        refused = continuation;
        preempt_at(0, 0);
        assert_int_equal(dom0_load(NATIVE, 1, KEXEC_TYPE_DEFAULT, 2), 0);
        continuation = refused;
        assert_int_equal(dom0_finish(NATIVE, CONTINUATION), -EBUSY);
        dom0_clean();
    }

    assert_int_equal(rc, -EFAULT);
    assert_true(n > 4);
}

static void other_types_are_einval(void **state)
{
    static const unsigned int cmds[] = {
        KEXEC_CMD_kexec, KEXEC_CMD_kexec_unload, KEXEC_CMD_kexec_unload_v1,
        KEXEC_CMD_kexec_status,
    };
    /* The commands of old have room for these, an image has not. */
    static const unsigned int wide[] = { 256, 257, 1U << 31, ~0U };
    unsigned int type, i;

    for ( type = 2; type < 256; type++ )
    {
        /* That of a bzImage: what these load is none. */
        if ( type == KEXEC_TYPE_CRASH_EFI )
            continue;
        for ( i = 0; i < ARRAY_SIZE(cmds); i++ )
            assert_int_equal(dom0_call(NATIVE, cmds[i],
                                       dom0_type_args(0, type)), -EINVAL);
        assert_int_equal(dom0_load(NATIVE, 0, type, 1), -EINVAL);
        assert_int_equal(dom0_load(COMPAT_V1, 0, type, 1), -EINVAL);
    }

    for ( i = 0; i < ARRAY_SIZE(wide); i++ )
    {
        assert_int_equal(dom0_load(NATIVE_V1, 0, wide[i], 1), -EINVAL);
        assert_int_equal(dom0_unload(NATIVE_V1, 0, wide[i]), -EINVAL);
    }

    /* Nobody is told that it was another type that was refused. */
    assert_true(was_printed("load unknown: refused: unknown image type"));
    assert_false(was_printed("load default"));
    assert_false(was_printed("load crash"));
}

/* Of each load: the n-th copy fails, until there are not so many. */
static void every_copy_that_fails_changes_nothing(void **state)
{
    unsigned int how, type;

    for ( how = 0; how < NR_HOW; how++ )
        for ( type = 0; type < 2; type++ )
        {
            unsigned long n = 0;
            uint64_t heap;
            long rc;

            assert_int_equal(dom0_load(NATIVE, 0, type, 1), 0);
            heap = heap_signature();

            do {
                uint64_t arg = dom0_load_args(how, 0, type, 2);

                guest_fault(++n);
                rc = dom0_finish(how, dom0_call(how, dom0_load_cmd(how),
                                                arg));
                assert_int_equal(rc, guest_faulted() ? -EFAULT : 0);
                assert_int_equal(dom0_armed(type), rc ? 1 : 2);
                assert_true(kexec_is_idle(type));
                if ( rc )
                    assert_true(heap == heap_signature());
            } while ( rc );

            assert_true(n > 5);
            dom0_clean();
        }
}

/* Load over generation 1, until no allocation is left to fail. */
static void fail_each_allocation(enum how how, unsigned int type, bool after)
{
    unsigned long n = 0, refused = 0, objects;
    bool failed;
    uint64_t heap;
    long rc;

    do {
        assert_int_equal(dom0_load(NATIVE, 0, type, 1), 0);
        heap = heap_signature();
        objects = heap_objects();

        heap_fail(++n, after);
        rc = dom0_load(how, 0, type, 2);
        failed = heap_failed();
        heap_fail(0, false);

        /*
         * One that is tried again, smaller, may do.  The crash area may stay
         * as it is: the image is entered from where it was loaded.
         */
        assert_true(rc == -ENOMEM ||
                    (!rc && (!(failed && after) ||
                             was_printed("the crash area cannot be made"))));
        assert_int_equal(dom0_armed(type), rc ? 1 : 2);
        assert_true(kexec_is_idle(type));
        if ( rc )
        {
            assert_true(failed);
            assert_true(heap == heap_signature());
            assert_int_equal(objects, heap_objects());
            refused++;
        }
    } while ( failed );

    assert_true(refused > 5);
    dom0_clean();
}

static void every_allocation_that_fails_changes_nothing(void **state)
{
    unsigned int how, type, after;

    for ( how = 0; how < NR_HOW; how++ )
        for ( type = 0; type < 2; type++ )
            for ( after = 0; after < 2; after++ )
                fail_each_allocation(how, type, after);
}

static const unsigned int other_commands[] = {
    KEXEC_CMD_kexec, KEXEC_CMD_kexec_get_range, KEXEC_CMD_kexec_status,
    KEXEC_CMD_kexec_unload, KEXEC_CMD_kexec_unload_v1,
};

/* Arguments that suit any of them: a type, or a range and its number. */
static uint64_t other_args(unsigned int type)
{
    const xen_kexec_range_t range = { .range = type };

    return dom0_args(0, &range, sizeof(range));
}

/* Of all but the loads: nothing is done before the last copy. */
static void every_copy_that_fails_is_efault(void **state)
{
    unsigned int how, type, i;

    for ( how = NATIVE; how <= COMPAT; how++ )
        for ( type = 0; type < 2; type++ )
            for ( i = 0; i < ARRAY_SIZE(other_commands); i++ )
            {
                unsigned long n;

                dom0_reset();
                assert_int_equal(dom0_load(NATIVE, 0, 0, 1), 0);
                assert_int_equal(dom0_load(NATIVE, 0, 1, 1), 0);

                for ( n = 1; ; n++ )
                {
                    uint64_t heap = heap_signature(), arg = other_args(type);
                    long rc;

                    /* The crash image would be entered. */
                    if ( other_commands[i] == KEXEC_CMD_kexec && type &&
                         n > 1 )
                        break;
                    guest_fault(n);
                    rc = dom0_call(how, other_commands[i], arg);
                    if ( !guest_faulted() )
                        break;

                    assert_int_equal(rc, -EFAULT);
                    assert_int_equal(dom0_armed(0), 1);
                    assert_int_equal(dom0_armed(1), 1);
                    assert_true(kexec_is_idle(type));
                    assert_true(heap == heap_signature());
                    assert_null(deferred.fn);
                }
                guest_fault(0);
                assert_true(n > 1);
            }
}

/* They need no memory, so they do what they do without. */
static void other_commands_need_no_memory(void **state)
{
    unsigned int how, type, i;

    for ( how = NATIVE; how <= COMPAT; how++ )
        for ( type = 0; type < 2; type++ )
            for ( i = 0; i < ARRAY_SIZE(other_commands); i++ )
            {
                unsigned int cmd = other_commands[i];
                bool unload = cmd == KEXEC_CMD_kexec_unload ||
                              cmd == KEXEC_CMD_kexec_unload_v1;
                long rc;

                if ( cmd == KEXEC_CMD_kexec && type )
                    continue;

                dom0_reset();
                assert_int_equal(dom0_load(NATIVE, 0, 0, 1), 0);
                assert_int_equal(dom0_load(NATIVE, 0, 1, 1), 0);

                heap_fail(1, true);
                rc = dom0_finish(how, dom0_call(how, cmd, other_args(type)));
                heap_fail(0, false);

                assert_int_equal(rc, cmd == KEXEC_CMD_kexec_status);
                assert_int_equal(dom0_armed(type), unload ? 0 : 1);
                assert_int_equal(dom0_armed(!type), 1);
                if ( !kexec_is_frozen() )
                    dom0_clean();
            }
}

static void a_guest_that_changes_its_mind_changes_nothing(void **state)
{
    unsigned int how;

    for ( how = 0; how < NR_HOW; how++ )
    {
        uint64_t arg = dom0_load_args(how, 0, KEXEC_TYPE_DEFAULT, 1);
        long rc;

        /* A list is read in eight stretches. */
        preempt_at(how >= NATIVE_V1 ? 8 : 1, 1);
        rc = dom0_call(how, dom0_load_cmd(how), arg);
        assert_int_equal(rc, CONTINUATION);
        dom0_scribble(0);
        assert_int_equal(dom0_finish(how, rc), 0);
        assert_int_equal(dom0_armed(KEXEC_TYPE_DEFAULT), 1);
        dom0_clean();
    }
}

/*
 * Ranges
 */

static long get_range(enum how how, int which, int nr, uint64_t *start,
                      uint64_t *size)
{
    xen_kexec_range_t range = { .range = which, .nr = nr };
    compat_kexec_range_t old = { .range = which, .nr = nr };
    long rc;

    if ( how == COMPAT )
        guest_map(0x5000, &old, sizeof(old), false);
    else
        guest_map(0x5000, &range, sizeof(range), false);

    rc = dom0_call(how, KEXEC_CMD_kexec_get_range, 0x5000);
    *start = how == COMPAT ? old.start : range.start;
    *size = how == COMPAT ? old.size : range.size;

    return rc;
}

static void ranges_are_where_things_are(void **state)
{
    uint64_t start, size;
    unsigned int how;

    for ( how = NATIVE; how <= COMPAT; how++ )
    {
        assert_int_equal(get_range(how, KEXEC_RANGE_MA_CRASH, 0, &start,
                                   &size), 0);
        assert_int_equal(start, DOM0_CRASH.start);
        assert_int_equal(size, maddr_range_size(DOM0_CRASH));

        assert_int_equal(get_range(how, KEXEC_RANGE_MA_XEN, 0, &start, &size),
                         0);
        assert_int_equal(start, virt_to_maddr(xen_image));
        assert_int_equal(size, XEN_IMAGE_BYTES);

        assert_int_equal(get_range(how, KEXEC_RANGE_MA_VMCOREINFO, 0, &start,
                                   &size), 0);
        assert_int_equal(start, vmcoreinfo_range().start);
        assert_int_equal(size, 4096);

        efi.system = 0;
        assert_int_equal(get_range(how, KEXEC_RANGE_MA_EFI_SYSTAB, 0, &start,
                                   &size), 0);
        assert_int_equal(start, 0);
        assert_int_equal(size, 0);

        efi.system = MB(2040) + 0x18;
        assert_int_equal(get_range(how, KEXEC_RANGE_MA_EFI_SYSTAB, 0, &start,
                                   &size), 0);
        assert_int_equal(start, efi.system);
        assert_int_equal(size, EFI_SYSTEM_TABLE_SIZE);
        efi.system = 0;

        /* Their initcall was not called: a list without notes. */
        assert_int_equal(get_range(how, KEXEC_RANGE_MA_CPU, 1, &start, &size),
                         0);
        assert_int_equal(size, 12);
        assert_int_equal(get_range(how, KEXEC_RANGE_MA_CPU, 4, &start, &size),
                         -ERANGE);
        assert_int_equal(get_range(how, KEXEC_RANGE_MA_CPU, -1, &start,
                                   &size), -ERANGE);
    }
}

static void other_ranges_are_einval(void **state)
{
    static const int none[] = { -1, 3, 4, 5, 8, 9, 0x7fffffff };
    uint64_t start, size;
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(none); i++ )
    {
        assert_int_equal(get_range(NATIVE, none[i], 0, &start, &size),
                         -EINVAL);
        assert_int_equal(get_range(COMPAT, none[i], 0, &start, &size),
                         -EINVAL);
    }
}

/* At the end of what 32 bits can say, and one byte behind it. */
static void a_range_that_32_bits_cannot_say_is_erange(void **state)
{
    uint64_t start, size;

    kexec_crash_area = (xen_kexec_reserve_t){ .start = 0xffffffff,
                                              .size = 0xffffffff };
    assert_int_equal(get_range(COMPAT, KEXEC_RANGE_MA_CRASH, 0, &start,
                               &size), 0);
    assert_int_equal(start, 0xffffffff);

    kexec_crash_area.start++;
    assert_int_equal(get_range(COMPAT, KEXEC_RANGE_MA_CRASH, 0, &start,
                               &size), -ERANGE);
    assert_int_equal(get_range(NATIVE, KEXEC_RANGE_MA_CRASH, 0, &start,
                               &size), 0);
    kexec_crash_area.start--;
    kexec_crash_area.size++;
    assert_int_equal(get_range(COMPAT, KEXEC_RANGE_MA_CRASH, 0, &start,
                               &size), -ERANGE);
}

/*
 * Triggers
 */

static void exec_of_nothing_is_enoent(void **state)
{
    unsigned int type;

    for ( type = 0; type < 2; type++ )
        assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec,
                                   dom0_type_args(0, type)), -ENOENT);
    assert_true(was_printed("exec default: refused: nothing is loaded"));
    assert_true(was_printed("exec crash: refused: nothing is loaded"));
    assert_int_equal(crash_actions, 0);
    assert_false(kexec_is_frozen());
}

static void exec_enters_the_image_on_cpu_0(void **state)
{
    volatile bool left = false;

    dom0_load(COMPAT, 0, KEXEC_TYPE_DEFAULT, 1);
    this_cpu_id = 2;
    assert_int_equal(dom0_call(COMPAT, KEXEC_CMD_kexec,
                               dom0_type_args(0, KEXEC_TYPE_DEFAULT)), 0);
    assert_int_equal(deferred.cpu, 0);
    assert_ptr_equal(deferred.data, kexec_armed(KEXEC_TYPE_DEFAULT));

    /* From now on nothing changes. */
    assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 2), -EBUSY);
    assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 2), -EBUSY);
    assert_int_equal(dom0_unload(NATIVE, 0, KEXEC_TYPE_DEFAULT), -EBUSY);
    assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec,
                               dom0_type_args(0, KEXEC_TYPE_DEFAULT)), -EBUSY);
    assert_int_equal(dom0_armed(KEXEC_TYPE_DEFAULT), 1);

    this_cpu_id = 0;
    if ( setjmp(way_out) == REBOOTED )
        left = true;
    else
        deferred.fn(deferred.data);
    assert_true(left);
    assert_true(kexecing);
}

/* What cannot be done after all is as if it had not been tried. */
static void an_exec_that_cannot_be_deferred_changes_nothing(void **state)
{
    dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 1);
    deferred_rc = -ENOMEM;
    assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec,
                               dom0_type_args(0, KEXEC_TYPE_DEFAULT)),
                     -ENOMEM);
    assert_false(kexec_is_frozen());
    assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 2), 0);
    assert_int_equal(dom0_armed(KEXEC_TYPE_DEFAULT), 2);
}

/* A load that was preempted then waits, and is not lost. */
static void a_load_goes_on_when_an_exec_has_failed(void **state)
{
    unsigned long op;

    dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 1);
    preempt_at(1, 1);
    assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec_load,
                               dom0_load_args(NATIVE, 0, KEXEC_TYPE_CRASH, 1)),
                     CONTINUATION);
    op = continuation.op;
    assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec,
                               dom0_type_args(1, KEXEC_TYPE_DEFAULT)), 0);
    assert_true(kexec_is_frozen());
    assert_int_equal(dom0_call(NATIVE, op, 0), CONTINUATION);
    assert_int_equal(continuation.op, op);
    assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 0);

    kexec_thaw();
    preempt_at(0, 0);
    assert_int_equal(dom0_call(NATIVE, op, 0), 0);
    assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 1);
}

/* It would read its own memory at the addresses of the one that began. */
static void another_domain_does_not_go_on(void **state)
{
    const uint16_t domid = current->domain->domain_id;
    unsigned long op;

    preempt_at(1, 0);
    assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec_load,
                               dom0_load_args(NATIVE, 0, KEXEC_TYPE_CRASH, 1)),
                     CONTINUATION);
    op = continuation.op;
    current->domain->domain_id = domid + 1;
    assert_int_equal(dom0_call(NATIVE, op, 0), -EBUSY);
    current->domain->domain_id = domid;
    assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 0);
    assert_int_equal(dom0_call(NATIVE, op, 0), 0);
    assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 1);
}

static void exec_of_the_crash_image_is_a_crash(void **state)
{
    volatile bool left = false;

    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
    if ( setjmp(way_out) == CRASHED )
        left = true;
    else
        dom0_call(NATIVE, KEXEC_CMD_kexec,
                  dom0_type_args(0, KEXEC_TYPE_CRASH));
    assert_true(left);
    assert_int_equal(crash_actions, 1);
    assert_true(was_printed("entering the crash image at 0000000002000101"));

    /* Handlers of Xen's own come first, and then breakpoints go. */
    assert_int_equal(cpu_writes[0].what, CPU_GDT);
    assert_int_equal(cpu_writes[1].what, CPU_IDT);
    assert_int_equal(cpu_writes[2].what, CPU_DEBUGREG);
}

/* A crash with that image armed: how Xen is left. */
static enum way_out crash_now(void)
{
    static enum way_out out;

    out = setjmp(way_out);
    if ( out == STAYED )
        kexec_crash(CRASHREASON_PANIC);

    return out;
}

/* One bit of it is another one: the machine is reset, or stays as it is. */
static void a_crash_image_that_was_written_to_is_not_entered(void **state)
{
    uint8_t *byte = maddr_to_virt(DOM0_CRASH.start + 0x10);

    for ( ; ; opt_noreboot = true )
    {
        dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
        machine_unprotect();
        *byte ^= 0x10;
        assert_int_equal(crash_now(), opt_noreboot ? HALTED : RESET);
        assert_true(was_printed("not what was loaded"));
        *byte ^= 0x10;

        if ( opt_noreboot )
            break;
        dom0_reset();
    }

    opt_noreboot = false;
}

/* For Xen as well, but for the time that it takes to place an image. */
static void the_crash_area_is_read_only(void **state)
{
    paddr_t last = DOM0_CRASH.end - 1;

    assert_false(machine_is_protected(DOM0_CRASH.start));
    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
    assert_true(machine_is_protected(DOM0_CRASH.start));
    assert_true(machine_is_protected(last));
    assert_false(machine_is_protected(last + 1));
    assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 2), 0);
    assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 2);
    assert_true(machine_is_protected(DOM0_CRASH.start));
}

static paddr_t control_of(unsigned int type)
{
    return kexec_armed(type)->machine.control_maddr;
}

/*
 * What a crash runs first as well: control area, tables.  It is writable again
 * when it is freed, which the heap looks at.
 */
static void what_a_crash_enters_is_read_only(void **state)
{
    unsigned int generation;

    dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 1);
    assert_false(machine_is_protected(control_of(KEXEC_TYPE_DEFAULT)));

    /* The first one is loaded directly, those that follow are staged. */
    for ( generation = 1; generation < 5; generation++ )
    {
        paddr_t control;

        assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, generation),
                         0);
        control = control_of(KEXEC_TYPE_CRASH);
        assert_true(machine_is_protected(control));
        assert_true(machine_is_protected(control + PAGE_SIZE));
        assert_true(machine_is_protected(
            kexec_armed(KEXEC_TYPE_CRASH)->machine.root_maddr));
    }
}

/*
 * Load a crash image over nothing, or generation 2 over generation 1, to be
 * preempted at the n-th check: false when there are fewer.
 */
static bool crash_load_preempted(unsigned long n, bool replace)
{
    dom0_reset();
    if ( replace )
        assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1), 0);
    preempt_at(n, 0);

    return dom0_call(NATIVE, KEXEC_CMD_kexec_load,
                     dom0_load_args(NATIVE, 0, KEXEC_TYPE_CRASH,
                                    replace ? 2 : 1)) == CONTINUATION;
}

/* A load that fails in between does not leave it half done. */
static void protecting_goes_on_after_another_load(void **state)
{
    unsigned long n;
    bool begun = false;

    for ( n = 1; crash_load_preempted(n, false); n++ )
    {
        if ( !dom0_armed(KEXEC_TYPE_CRASH) )
            continue;

        begun = true;
        guest_fault(7);        /* The first five are of the arguments. */
        assert_int_equal(dom0_load(NATIVE, 1, KEXEC_TYPE_CRASH, 2), -EFAULT);
        guest_fault(0);
        assert_true(kexec_is_idle(KEXEC_TYPE_CRASH));
        assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 1);
        assert_true(machine_is_protected(control_of(KEXEC_TYPE_CRASH)));
        assert_true(machine_is_protected(
            kexec_armed(KEXEC_TYPE_CRASH)->machine.root_maddr));
        assert_true(machine_is_protected(DOM0_CRASH.start));
    }
    assert_true(begun);
}

/* No memory to split a mapping: it is told, and the image is armed. */
static void what_cannot_be_protected_is_armed_all_the_same(void **state)
{
    static const char what[] =
        "kexec: crash: control pages cannot be made read-only (-12)";
    unsigned long n, told = 0;
    long rc;

    for ( n = 1; ; n++ )
    {
        dom0_reset();
        heap_fail(n, true);
        rc = dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
        if ( !heap_failed() )
            break;
        heap_fail(0, false);

        assert_true(rc == 0 || rc == -ENOMEM);
        if ( was_printed(what) )
        {
            told++;
            assert_int_equal(rc, 0);
            assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 1);
            assert_true(machine_is_protected(DOM0_CRASH.start));
        }
        dom0_clean();
    }
    assert_true(told);
}

/* Invariant 7: each change of a mapping flushes every CPU's TLB. */
static void mappings_change_one_at_a_time(void **state)
{
    unsigned int generation;

    for ( generation = 1; generation < 3; generation++ )
    {
        unsigned long before = mapping_changes;
        uint64_t arg = dom0_load_args(NATIVE, 0, KEXEC_TYPE_CRASH, generation);
        long rc;

        preempt_at(1, 1);
        rc = dom0_call(NATIVE, KEXEC_CMD_kexec_load, arg);
        while ( rc == CONTINUATION )
        {
            assert_in_range(mapping_changes - before, 0, 1);
            before = mapping_changes;
            rc = dom0_call(NATIVE, continuation.op,
                           (uint64_t)continuation.arg);
        }
        assert_int_equal(rc, 0);
        preempt_at(0, 0);
    }
}

/*
 * Memory for a control area and tables, and none for bytes: an empty slot is
 * loaded all the same.  An image that is armed is not replaced, and the log
 * says how it could be.
 */
static void an_empty_slot_is_loaded_without_a_copy(void **state)
{
    static const char how[] =
        "kexec: load crash: refused: no memory beside the armed image: unload "
        "it first (-12)";

    heap_reset();
    heap_add((struct maddr_range){ MB(64), MB(64) + 30 * PAGE_SIZE });

    assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1), 0);
    assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 1);
    assert_false(was_printed(how));

    assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 2), -ENOMEM);
    assert_true(was_printed(how));
    assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 1);

    assert_int_equal(dom0_unload(NATIVE, 0, KEXEC_TYPE_CRASH), 0);
    assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 2), 0);
    assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 2);
}

/*
 * Wherever a direct load ends: by an unload, by a buffer that cannot be read.
 * The slot is empty, as it was, and the area read-only.
 */
static void a_direct_load_that_ends_leaves_the_slot_empty(void **state)
{
    unsigned long n, ended = 0;
    long rc;

    for ( n = 1; crash_load_preempted(n, false); n++ )
    {
        if ( kexec_armed(KEXEC_TYPE_CRASH) )
            continue;

        ended++;
        assert_false(machine_is_protected(DOM0_CRASH.start));
        kexec_crash(CRASHREASON_PANIC);         /* It returns. */
        assert_int_equal(dom0_unload(NATIVE, 1, KEXEC_TYPE_CRASH), 0);
        assert_true(machine_is_protected(DOM0_CRASH.start));
        assert_true(kexec_is_idle(KEXEC_TYPE_CRASH));
        assert_int_equal(heap_used(), 0);
    }
    assert_true(ended > 5);

    for ( n = 3; ; n++ )
    {
        uint64_t arg;

        dom0_reset();
        arg = dom0_load_args(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
        guest_fault(n);
        rc = dom0_call(NATIVE, KEXEC_CMD_kexec_load, arg);
        if ( !guest_faulted() )
            break;

        assert_int_equal(rc, -EFAULT);
        assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 0);
        assert_true(kexec_is_idle(KEXEC_TYPE_CRASH));
    }
}

/* Pages that are shared with something else stay as they are. */
static void an_area_within_a_page_is_not_read_only(void **state)
{
    const struct maddr_range area = { MB(32) + 1, MB(32) + PAGE_SIZE - 1 };

    assert_int_equal(machine_kexec_protect(area, true), 0);
    assert_false(machine_is_protected(MB(32) + 1));
}

/* Placing that is abandoned leaves the area as it was. */
static void an_area_that_is_not_written_to_any_more_is_read_only(void **state)
{
    unsigned long n, abandoned = 0;

    for ( n = 1; crash_load_preempted(n, true); n++ )
        if ( !machine_is_protected(DOM0_CRASH.start) )
        {
            abandoned++;
            assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 2);
            assert_int_equal(dom0_unload(NATIVE, 1, KEXEC_TYPE_CRASH), 0);
            assert_true(machine_is_protected(DOM0_CRASH.start));
        }
    assert_true(abandoned > 2);
}

/* Placing that waits for a load leaves the area as it was, too. */
static void an_area_that_waits_for_a_load_is_read_only(void **state)
{
    unsigned long n, waited = 0;
    long rc;

    for ( n = 1; crash_load_preempted(n, true); n++ )
    {
        struct continuation placing;

        if ( dom0_armed(KEXEC_TYPE_CRASH) != 2 ||
             machine_is_protected(DOM0_CRASH.start) )
            continue;

        waited++;
        placing = continuation;
        preempt_at(1, 0);
        rc = dom0_call(NATIVE, KEXEC_CMD_kexec_load,
                       dom0_load_args(NATIVE, 1, KEXEC_TYPE_CRASH, 1));
        assert_int_equal(rc, CONTINUATION);
        assert_true(machine_is_protected(DOM0_CRASH.start));
        assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 2);

        assert_int_equal(dom0_finish(NATIVE, rc), 0);
        assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 1);
        assert_false(kexec_armed(KEXEC_TYPE_CRASH)->plan.first_maddr);
        assert_true(machine_is_protected(DOM0_CRASH.start));
        continuation = placing;
        assert_int_equal(dom0_finish(NATIVE, CONTINUATION), 0);
        dom0_clean();
    }
    assert_true(waited > 2);
}

/* The last byte that is looked at, at any point of a load. */
static void placing_that_goes_wrong_is_told_and_made_good(void **state)
{
    static const char what[] = "kexec: crash: what was placed is not";
    unsigned long n, told = 0;

    for ( n = 1; crash_load_preempted(n, true); n++ )
    {
        const struct kimage *image;

        image = kexec_armed(KEXEC_TYPE_CRASH);
        if ( machine_is_protected(DOM0_CRASH.start) )
            continue;

        *(uint8_t *)maddr_to_virt(
            image->segments[image->nr_segments - 1].dest.end - 1) ^= 1;
        assert_int_equal(dom0_finish(NATIVE, CONTINUATION), 0);
        assert_true(machine_is_protected(DOM0_CRASH.start));
        if ( was_printed(what) )
        {
            told++;
            assert_true(image->plan.first_maddr);
            assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 2);
            assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1), 0);
            assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 1);
            assert_false(kexec_armed(KEXEC_TYPE_CRASH)->plan.first_maddr);
        }
        dom0_clean();
    }
    assert_true(told > 2);
}

static void the_key_is_there_if_there_is_a_crash_area(void **state)
{
    volatile bool left = false;

    key = 0;
    kexec_crash_area.size = 0;
    initcall_kexec_init();
    assert_int_equal(key, 0);

    kexec_crash_area.size = 1;
    initcall_kexec_init();
    assert_int_equal(key, 'C');
    kexec_crash_area.size = maddr_range_size(DOM0_CRASH);

    assert_false(key_is_diagnostic);
    key_fn('C');
    assert_true(was_printed("'C' pressed -> triggering crashdump\n"));
    assert_int_equal(crash_action_reason, CRASHREASON_DEBUGKEY);
    assert_true(was_printed("no crash image is loaded"));

    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
    if ( setjmp(way_out) == CRASHED )
        left = true;
    else
        key_fn('C');
    assert_true(left);
}

static void crash_again(void)
{
    kexec_crash(CRASHREASON_PANIC);
}

static void crash_elsewhere(void)
{
    this_cpu_id = 3;
    kexec_crash(CRASHREASON_PANIC);
}

static void unload_the_image(void)
{
    dom0_unload(NATIVE, 1, KEXEC_TYPE_CRASH);
}

static void a_second_crash_of_a_cpu_resets_the_machine(void **state)
{
    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
    after_stop = crash_again;
    assert_int_equal(crash_now(), RESET);
    assert_true(was_printed("crashed again"));
}

static void a_second_cpu_that_crashes_stops(void **state)
{
    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
    after_stop = crash_elsewhere;
    assert_int_equal(crash_now(), STOPPED);
}

/* Unloaded by a CPU that had not been stopped yet. */
static void an_image_that_is_gone_is_not_entered(void **state)
{
    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
    after_stop = unload_the_image;
    assert_int_equal(crash_now(), RESET);
    assert_true(was_printed("the crash image is gone"));

    /* One that never was there is no reason to end here. */
    assert_int_equal(crash_now(), STAYED);
}

/* Whose registers a note has, and how long locks are waited for. */
static void a_cpu_that_ends_waits_for_no_lock_for_long(void **state)
{
    static const struct cpu_user_regs first, second;
    s_time_t begin;

    assert_false(kexec_breaks_lock());
    kexec_dying(NULL);
    kexec_dying(&first);
    kexec_dying(&second);
    assert_ptr_equal(kexec_dying_regs(), &first);

    begin = clock_ns;
    assert_false(kexec_breaks_lock());
    while ( !kexec_breaks_lock() )
        continue;
    /* From the moment at which the first wait is noticed. */
    assert_int_equal(clock_ns - begin, SECONDS(1));
    assert_true(kexec_breaks_lock());
}

/* Of the others that have stopped, one may hold it for ever. */
static void a_lock_is_not_waited_for_when_all_have_stopped(void **state)
{
    kexec_dying(NULL);
    assert_false(kexec_breaks_lock());
    kexec_expect_no_locks();
    assert_true(kexec_breaks_lock());
}

/* A CPU that crashes while it is brought up has no time yet: it stays 0. */
static void a_lock_is_not_waited_for_without_a_clock(void **state)
{
    kexec_dying(NULL);
    clock_ns = -1000;
    assert_true(kexec_breaks_lock());
}

/*
 * Exactly as many segments as there may be, and one more, of which nothing is
 * read: each has a byte of its own, the last one has the entry.
 */
static void thirty_two_segments_are_an_image(void **state)
{
    static uint8_t bytes[32];
    static xen_kexec_segment_t segments[32];
    xen_kexec_load_t load = {
        .arch = EM_X86_64,
        .nr_segments = 32,
        .segments._pad = 0x6000,
        .entry_maddr = MB(40) + 31 * PAGE_SIZE,
    };
    unsigned int i;

    for ( i = 0; i < 32; i++ )
    {
        bytes[i] = i + 1;
        segments[i] = (xen_kexec_segment_t){
            .buf._pad = 0x8000 + i,
            .buf_size = 1,
            .dest_maddr = MB(40) + i * PAGE_SIZE,
            .dest_size = 1,
        };
    }

    guest_map(0x6000, segments, sizeof(segments), true);
    guest_map(0x8000, bytes, sizeof(bytes), true);
    assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec_load,
                               dom0_args(0, &load, sizeof(load))), 0);
    assert_int_equal(kexec_armed(KEXEC_TYPE_DEFAULT)->nr_segments, 32);
    assert_int_equal(kexec_armed(KEXEC_TYPE_DEFAULT)->buf_bytes, 32);

    load.nr_segments++;
    load.segments._pad = NOWHERE;
    assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec_load,
                               dom0_args(0, &load, sizeof(load))), -EINVAL);
    assert_true(was_printed("load default: refused: too many segments"));
}

/*
 * Cookies fill the 24 bits that a 32-bit guest's command has room for, one
 * after the other, and then begin again: not with 0, which would be none.
 */
static void cookies_begin_again(void **state)
{
    const uint32_t end = 1U << 24, none = kexec_next_cookie(0);
    uint32_t last = kexec_next_cookie(0), step = last - none;
    unsigned long i, again = 0;

    for ( i = 0; i < end / step; i++ )
    {
        uint32_t cookie = kexec_next_cookie(i & 1);

        if ( (cookie & 1) != (i & 1) )
            fail_msg("operation %lu has cookie %#x", i, cookie);
        cookie &= ~1U;
        if ( cookie != last + step )
        {
            assert_int_equal(last + step, end);
            assert_int_equal(cookie, step);
            again++;
        }
        last = cookie;
    }
    assert_int_equal(again, 1);

    /* And the first of those that begin again is one to go on with. */
    preempt_at(1, 1);
    assert_int_equal(dom0_load(COMPAT, 0, KEXEC_TYPE_CRASH, 1), 0);
    assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 1);
}

/* A load that comes while an image is being entered holds on to nothing. */
static void a_load_that_comes_too_late_leaves_nothing(void **state)
{
    unsigned int how, type;
    unsigned long used, objects;

    assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 1), 0);
    assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec,
                               dom0_type_args(0, KEXEC_TYPE_DEFAULT)), 0);
    assert_true(kexec_is_frozen());
    used = heap_used();
    objects = heap_objects();
    for ( how = 0; how < NR_HOW; how++ )
        for ( type = 0; type < 2; type++ )
        {
            assert_int_equal(dom0_load(how, 0, type, 2), -EBUSY);
            assert_int_equal(heap_used(), used);
            assert_int_equal(heap_objects(), objects);
        }
    assert_true(was_printed("load crash: refused: another operation is at "
                            "work"));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, dom0_setup, dom0_teardown)
    const struct CMUnitTest tests[] = {
        /* First: no CPU has ended yet. */
        TEST(a_lock_is_not_waited_for_without_a_clock),
        TEST(a_cpu_that_ends_waits_for_no_lock_for_long),
        TEST(a_lock_is_not_waited_for_when_all_have_stopped),
        TEST(each_load_arms_what_it_says),
        TEST(the_log_says_what_was_done),
        TEST(whoever_may_not_is_told_so),
        TEST(unknown_commands_are_eopnotsupp),
        TEST(guessed_cookies_go_on_with_nothing),
        TEST(a_load_that_is_refused_never_ends_well),
        TEST(other_types_are_einval),
        TEST(every_copy_that_fails_changes_nothing),
        TEST(every_allocation_that_fails_changes_nothing),
        TEST(every_copy_that_fails_is_efault),
        TEST(other_commands_need_no_memory),
        TEST(a_guest_that_changes_its_mind_changes_nothing),
        TEST(ranges_are_where_things_are),
        TEST(other_ranges_are_einval),
        TEST(a_range_that_32_bits_cannot_say_is_erange),
        TEST(exec_of_nothing_is_enoent),
        TEST(exec_enters_the_image_on_cpu_0),
        TEST(an_exec_that_cannot_be_deferred_changes_nothing),
        TEST(a_load_goes_on_when_an_exec_has_failed),
        TEST(another_domain_does_not_go_on),
        TEST(exec_of_the_crash_image_is_a_crash),
        TEST(a_crash_image_that_was_written_to_is_not_entered),
        TEST(the_crash_area_is_read_only),
        TEST(what_a_crash_enters_is_read_only),
        TEST(protecting_goes_on_after_another_load),
        TEST(what_cannot_be_protected_is_armed_all_the_same),
        TEST(mappings_change_one_at_a_time),
        TEST(an_empty_slot_is_loaded_without_a_copy),
        TEST(a_direct_load_that_ends_leaves_the_slot_empty),
        TEST(an_area_within_a_page_is_not_read_only),
        TEST(an_area_that_is_not_written_to_any_more_is_read_only),
        TEST(an_area_that_waits_for_a_load_is_read_only),
        TEST(placing_that_goes_wrong_is_told_and_made_good),
        TEST(the_key_is_there_if_there_is_a_crash_area),
        TEST(a_second_crash_of_a_cpu_resets_the_machine),
        TEST(a_second_cpu_that_crashes_stops),
        TEST(an_image_that_is_gone_is_not_entered),
        TEST(thirty_two_segments_are_an_image),
        TEST(cookies_begin_again),
        TEST(a_load_that_comes_too_late_leaves_nothing),
    };

    return cmocka_run_group_tests_name("kexec", tests, NULL, NULL);
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
