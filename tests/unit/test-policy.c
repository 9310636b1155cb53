/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec=, the lock, and what hypfs shows.
 *
 * Attacked: words that there are not; every load and unload of a locked host,
 * with the lock coming at each point of a load; a write that would unlock; a
 * domain without the privilege.
 * Must hold: -EPERM with a message, and what is armed stays, is placed, and is
 * entered.
 */

#include "unit.h"

#include <xen/kexec.h>

#include "dom0.h"
#include "heap.h"
#include "hypfs.h"
#include "peek.h"
#include "xen.h"

#include "kexec-private.h"

#define NOWHERE 0x123456

extern int (*const param_parse_kexec)(const char *s);
extern int (*const initcall_kexec_policy_init)(void);

static int setup(void **state)
{
    dom0_setup(state);
    hypfs_reset();
    assert_int_equal(param_parse_kexec("all"), 0);
    assert_int_equal(initcall_kexec_policy_init(), 0);

    return 0;
}

static int teardown(void **state)
{
    kexec_unlock();
    param_parse_kexec("all");

    return dom0_teardown(state);
}

static const char *shown(const char *name)
{
    static char text[256];

    assert_int_equal(hypfs_read(name, text, sizeof(text)), 0);

    return text;
}

static int lock(uint8_t value)
{
    return hypfs_write("locked", &value, sizeof(value));
}

static bool is_locked(void)
{
    uint8_t value = 2;

    assert_int_equal(hypfs_read("locked", &value, sizeof(value)), 0);
    assert_in_range(value, 0, 1);

    return value;
}

/* The option is read before hypfs is made. */
static void option(const char *text, int rc)
{
    assert_int_equal(param_parse_kexec(text), rc);
    hypfs_reset();
    initcall_kexec_policy_init();
}

static void off_refuses_every_command(void **state)
{
    unsigned int cmd;

    option("off", 0);
    assert_string_equal(shown("policy"), "off");
    for ( cmd = 0; cmd < 300; cmd++ )
    {
        assert_int_equal(dom0_call(NATIVE, cmd, NOWHERE), -EPERM);
        assert_int_equal(dom0_call(COMPAT, cmd, NOWHERE), -EPERM);
    }
    assert_true(was_printed("kexec: command 43: refused: kexec=off (-1)\n"));
    option("all", 0);
}

static void crash_only_refuses_default_images(void **state)
{
    unsigned int how;

    option("crash-only", 0);
    assert_string_equal(shown("policy"), "crash-only");
    for ( how = 0; how < NR_HOW; how++ )
    {
        assert_int_equal(dom0_load(how, 0, KEXEC_TYPE_DEFAULT, 1), -EPERM);
        assert_int_equal(dom0_load(how, 0, KEXEC_TYPE_CRASH, 1), 0);
        assert_int_equal(dom0_armed(KEXEC_TYPE_DEFAULT), 0);
        assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), 1);
    }
    assert_true(was_printed("load default: refused: kexec=crash-only (-1)\n"));
    assert_int_equal(dom0_call(COMPAT, KEXEC_CMD_kexec,
                               dom0_type_args(0, KEXEC_TYPE_DEFAULT)),
                     -ENOENT);
}

static void the_last_option_counts(void **state)
{
    option("off", 0);
    option("crash-only,lock=boot", 0);
    option("all", 0);
    assert_string_equal(shown("policy"), "all");
    assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 1), 0);
    assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1), 0);
    assert_false(is_locked());
}

/* Whoever gives one wants less than everything. */
static void a_malformed_option_is_off(void **state)
{
    static const char *const malformed[] = {
        "", "of", "offf", "crash", "lock", "lock=", "lock=boo", "lock=boot2",
        "all,", ",all", "all,,lock=boot", "crash-only,what", "yes", "no",
        "lock=boot,what", "crash-efi;lock=boot", "all:off", "digest=no",
        "lock=boot=0",
    };
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(malformed); i++ )
    {
        option("all", 0);
        option(malformed[i], -EINVAL);
        assert_string_equal(shown("policy"), "off");
        assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1), -EPERM);
    }
    assert_true(was_printed("kexec: unknown word at \"what\": kexec is off"));
    option("all", 0);
}

/* All that would change what is armed, in each form. */
static void nothing_changes(unsigned int armed_default,
                            unsigned int armed_crash)
{
    unsigned int how, type;

    for ( how = 0; how < NR_HOW; how++ )
        for ( type = 0; type < 2; type++ )
        {
            uint64_t heap = heap_signature();
            unsigned long objects = heap_objects();

            assert_int_equal(dom0_load(how, 0, type, 2), -EPERM);
            assert_int_equal(dom0_unload(how, 0, type), -EPERM);
            assert_true(heap == heap_signature());
            assert_int_equal(objects, heap_objects());
        }
    assert_int_equal(dom0_armed(KEXEC_TYPE_DEFAULT), armed_default);
    assert_int_equal(dom0_armed(KEXEC_TYPE_CRASH), armed_crash);
    assert_true(was_printed("load crash: refused: locked until the next boot "
                            "(-1)\n"));
    assert_true(was_printed("unload crash: refused: locked until the next "
                            "boot (-1)\n"));
}

static void a_locked_host_loads_and_unloads_nothing(void **state)
{
    dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 1);
    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
    assert_int_equal(lock(0), 0);
    assert_false(is_locked());

    assert_int_equal(lock(1), 0);
    assert_true(is_locked());
    assert_true(was_printed("kexec: locked until the next boot\n"));
    nothing_changes(1, 1);
    assert_int_equal(lock(1), 0);
}

static void a_lock_is_not_taken_back(void **state)
{
    const uint8_t more[2] = { 1 };

    assert_int_equal(hypfs_write("locked", more, 2), -EDOM);
    assert_int_equal(hypfs_write("locked", more, 0), -EDOM);
    assert_false(is_locked());

    /* Any other value is not 0. */
    assert_int_equal(lock(0x80), 0);
    assert_true(is_locked());
    assert_int_equal(lock(0), -EPERM);
    assert_true(was_printed("kexec: unlock: refused: locked until the next "
                            "boot (-1)\n"));
    assert_true(is_locked());
    nothing_changes(0, 0);
}

static void what_is_armed_is_entered(void **state)
{
    static volatile enum way_out out;

    dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 1);
    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
    lock(1);
    assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec,
                               dom0_type_args(0, KEXEC_TYPE_DEFAULT)), 0);
    assert_non_null(deferred.fn);
    kexec_thaw();

    out = setjmp(way_out);
    if ( out == STAYED )
        kexec_crash(CRASHREASON_PANIC);
    assert_int_equal(out, CRASHED);
}

/* It comes at every point of a load: then that arms nothing, or had armed. */
static void a_lock_ends_a_load_that_is_at_work(void **state)
{
    unsigned int type, replace;
    unsigned long n, refused = 0, placed = 0;

    for ( type = 0; type < 2; type++ )
        for ( replace = 0; replace < 2; replace++ )
            for ( n = 1; ; n++ )
            {
                unsigned int armed;
                long rc;

                kexec_unlock();
                dom0_reset();
                if ( replace )
                    assert_int_equal(dom0_load(NATIVE, 0, type, 1), 0);
                preempt_at(n, 0);
                rc = dom0_call(NATIVE, KEXEC_CMD_kexec_load,
                               dom0_load_args(NATIVE, 0, type, 2));
                if ( rc != CONTINUATION )
                    break;

                armed = dom0_armed(type);
                assert_int_equal(lock(1), 0);
                rc = dom0_finish(NATIVE, rc);
                assert_int_equal(rc, armed == 2 ? 0 : -EPERM);
                assert_int_equal(dom0_armed(type), armed);
                assert_true(kexec_is_idle(type));
                refused += !!rc;

                /* What had been armed is placed to its end. */
                if ( !rc && type == KEXEC_TYPE_CRASH )
                {
                    assert_false(kexec_armed(type)->plan.first_maddr);
                    placed++;
                }
                kexec_unlock();
                dom0_clean();
            }

    assert_true(refused > 20 && placed > 2);
}

static void lock_boot_locks_with_the_first_image(void **state)
{
    unsigned int type;

    for ( type = 0; type < 2; type++ )
    {
        dom0_reset();
        option("all,lock=boot", 0);
        assert_false(is_locked());

        /* A load that fails has armed nothing. */
        assert_int_equal(dom0_finish(NATIVE, dom0_call(NATIVE,
                             KEXEC_CMD_kexec_load,
                             dom0_unreadable_args(NATIVE, 0, type))), -EFAULT);
        assert_int_equal(dom0_unload(NATIVE, 0, type), 0);
        assert_false(is_locked());

        assert_int_equal(dom0_load(COMPAT, 0, type, 1), 0);
        assert_true(is_locked());
        assert_true(was_printed("kexec: locked until the next boot\n"));
        nothing_changes(!type, type);
        assert_int_equal(lock(0), -EPERM);
        kexec_unlock();
        option("all", 0);
        dom0_clean();
    }
}

/* Whatever a default image is made of: a bit of it is another one. */
static void a_default_image_with_a_digest_is_verified(void **state)
{
    static volatile enum way_out out;
    const struct kexec_plan_page *plan;
    unsigned int how;
    uint8_t *byte;

    option("digest", 0);
    for ( how = 0; how < NR_HOW; how++ )
    {
        assert_int_equal(dom0_load(how, 0, KEXEC_TYPE_DEFAULT, 1), 0);
        assert_true(was_printed("kexec: default: sha256 "));
        assert_non_null(strstr(shown("default"), " sha256="));

        plan = maddr_to_virt(
            kexec_armed(KEXEC_TYPE_DEFAULT)->plan.first_maddr);
        byte = maddr_to_virt(plan->records[0].src_maddr);
        *byte ^= 4;
        assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec,
                                   dom0_type_args(0, KEXEC_TYPE_DEFAULT)), 0);
        assert_int_equal(deferred.fn(deferred.data), -EIO);
        assert_true(was_printed("kexec: the default image's bytes are not "
                                "what was loaded, not entering it\n"));
        assert_int_equal(prepared, 0);
        assert_false(kexec_is_frozen());
        *byte ^= 4;
    }

    assert_int_equal(dom0_call(NATIVE, KEXEC_CMD_kexec,
                               dom0_type_args(0, KEXEC_TYPE_DEFAULT)), 0);
    out = setjmp(way_out);
    if ( out == STAYED )
        deferred.fn(deferred.data);
    assert_int_equal(out, REBOOTED);
    kexec_thaw();
}

static void hypfs_shows_what_is_armed(void **state)
{
    assert_string_equal(shown("default"), "state=empty");
    assert_string_equal(shown("crash"), "state=empty");

    dom0_load(NATIVE, 0, KEXEC_TYPE_DEFAULT, 3);
    assert_string_equal(shown("default"), "state=armed in-place=no segments=4 "
                        "bytes=36894 entry=0000000001000103 bits=32");

    dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1);
    assert_ptr_equal(strstr(shown("crash"), "state=armed in-place=yes "
                            "segments=4 bytes=36894 entry=0000000002000101 "
                            "bits=64 sha256="), shown("crash"));

    /* Before it is placed. */
    preempt_at(1, 0);
    while ( dom0_armed(KEXEC_TYPE_CRASH) == 1 )
    {
        static unsigned long n;

        preempt_at(0, 0);
        assert_int_equal(dom0_load(NATIVE, 0, KEXEC_TYPE_CRASH, 1), 0);
        preempt_at(++n, 0);
        dom0_call(NATIVE, KEXEC_CMD_kexec_load,
                  dom0_load_args(NATIVE, 0, KEXEC_TYPE_CRASH, 2));
    }
    assert_non_null(strstr(shown("crash"), " in-place=no "));
    preempt_at(0, 0);
    assert_int_equal(dom0_finish(NATIVE, CONTINUATION), 0);
    assert_non_null(strstr(shown("crash"), " in-place=yes "));
}

static void only_who_may_use_kexec_sees_and_locks(void **state)
{
    char text[256] = "";

    xsm_rc = -EPERM;
    assert_int_equal(lock(1), -EPERM);
    assert_int_equal(hypfs_read("crash", text, sizeof(text)), -EPERM);
    assert_int_equal(hypfs_read("default", text, sizeof(text)), -EPERM);
    assert_string_equal(text, "");
    assert_false(is_locked());
    xsm_rc = 0;
    assert_int_equal(hypfs_write("crash", text, 1), -EACCES);
    assert_int_equal(hypfs_write("policy", text, 1), -EACCES);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(off_refuses_every_command),
        TEST(crash_only_refuses_default_images),
        TEST(the_last_option_counts),
        TEST(a_malformed_option_is_off),
        TEST(a_locked_host_loads_and_unloads_nothing),
        TEST(a_lock_is_not_taken_back),
        TEST(what_is_armed_is_entered),
        TEST(a_lock_ends_a_load_that_is_at_work),
        TEST(lock_boot_locks_with_the_first_image),
        TEST(a_default_image_with_a_digest_is_verified),
        TEST(hypfs_shows_what_is_armed),
        TEST(only_who_may_use_kexec_sees_and_locks),
    };

    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
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
