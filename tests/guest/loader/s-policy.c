/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * policy
 *
 * Attacked: kexec= of Xen's command line, and the lock: whatever they forbid,
 * and the lock itself.
 * Must hold: -EPERM; what is armed stays, hypfs says so, and it is entered.
 *
 *   allow=  run: everything, and then the dom0 locks; boot: lock=boot;
 *           crash-only; off
 *   type=   what is entered at the end
 *   bad=1   off, because Xen found the word "lok=boot" in its option
 */
#include "dom0.h"

static struct image image[2];       /* By type. */
/* The newest Xen has no obsolete commands, which is found out. */
#ifndef KEXEC_CMD_kexec_load_v1
#define KEXEC_CMD_kexec_load_v1     1
#define KEXEC_CMD_kexec_unload_v1   2
#endif
static bool has_v1;

static const char *const path[] = { "/kexec/default", "/kexec/crash" };

static void expect_text(const char *node, const char *begin)
{
    const char *text = hypfs_text(node);

    ok(!strncmp(text, begin, strlen(begin)), "%s: found %s, expected %s", node,
       text, begin);
}

static bool is_locked(void)
{
    uint8_t value = 2;
    long rc = hypfs_read("/kexec/locked", &value, sizeof(value));

    if ( rc || value > 1 )
        error("/kexec/locked: %d, %u", (int)rc, value);

    return value;
}

static long write_locked(uint8_t value)
{
    return hypfs_write("/kexec/locked", &value, sizeof(value));
}

/* Whatever is armed. */
static void nothing_changes(void)
{
    unsigned int type;

    for ( type = KEXEC_TYPE_DEFAULT; type <= KEXEC_TYPE_CRASH; type++ )
    {
        uint64_t free = free_pages();
        long status = kexec_status(type);

        ok_eq(image_load_sealed(&image[type]), -EPERM, "load of type %u", type);
        ok_eq(kexec_unload(type), -EPERM, "unload of type %u", type);
        if ( has_v1 )
        {
            ok_eq(v1_load(&image[type]), -EPERM, "old load of type %u", type);
            ok_eq(kexec_op(KEXEC_CMD_kexec_unload_v1, &type), -EPERM,
                  "old unload of type %u", type);
        }
        ok_eq(kexec_status(type), status, "status of type %u", type);
        ok_eq(free_pages(), free, "free pages");
    }
    ok_eq(write_locked(0), -EPERM, "unlock");
    ok_eq(is_locked(), true, "/kexec/locked");
}

/* Before there is a serial console: only the ring has it. */
static bool was_logged(const char *text)
{
    static char ring[4 * PAGE_SIZE];
    size_t i, len = strlen(text), size = console_ring(ring, sizeof(ring));

    for ( i = 0; i + len <= size; i++ )
        if ( !strncmp(ring + i, text, len) )
            return true;

    return false;
}

static void all_is_off(void)
{
    unsigned int cmd;

    if ( arg_number("bad", 0) )
        ok(was_logged("kexec: unknown word at \"lok=boot\": kexec is off\n"),
           "the log names the word");

    expect_text("/kexec/policy", "off");
    for ( cmd = KEXEC_CMD_kexec; cmd <= KEXEC_CMD_kexec_status + 1; cmd++ )
        ok_eq(kexec_op(cmd, NULL), -EPERM, "command %u", cmd);
    expect_text(path[KEXEC_TYPE_CRASH], "state=empty");
    tap_end();
}

static void load(unsigned int type)
{
    ok_eq(image_load(&image[type]), 0, "load of type %u", type);
    expect_text(path[type], "state=armed in-place=");
}

void scenario_policy(void)
{
    unsigned int type;

    if ( arg_is("allow", "off") )
        all_is_off();

    has_v1 = kexec_op(KEXEC_CMD_kexec_load_v1, NULL) != -EOPNOTSUPP;
    for ( type = KEXEC_TYPE_DEFAULT; type <= KEXEC_TYPE_CRASH; type++ )
    {
        image_init(&image[type], type, arg_arch());
        /* Whole pages, as the old command has nothing else. */
        image[type].whole_pages = has_v1;
        image_add_probe_anywhere(&image[type]);
        image_seal(&image[type]);
    }

    ok_eq(is_locked(), false, "/kexec/locked at first");
    expect_text(path[KEXEC_TYPE_CRASH], "state=empty");

    if ( arg_is("allow", "crash-only") )
    {
        expect_text("/kexec/policy", "crash-only");
        ok_eq(image_load_sealed(&image[KEXEC_TYPE_DEFAULT]), -EPERM,
              "load of a default image");
        if ( has_v1 )
            ok_eq(v1_load(&image[KEXEC_TYPE_DEFAULT]), -EPERM, "old load of it");
        ok_eq(kexec_exec(KEXEC_TYPE_DEFAULT), -ENOENT, "exec of it");
        load(KEXEC_TYPE_CRASH);
        ok_eq(kexec_unload(KEXEC_TYPE_CRASH), 0, "unload of a crash image");
        load(KEXEC_TYPE_CRASH);
    }
    else if ( arg_is("allow", "boot") )
    {
        /* Nothing has been armed by these. */
        ok_eq(kexec_unload(KEXEC_TYPE_CRASH), 0, "unload of nothing");
        ok_eq(is_locked(), false, "/kexec/locked after it");
        load(arg_type());
        nothing_changes();
    }
    else
    {
        expect_text("/kexec/policy", "all");
        load(KEXEC_TYPE_DEFAULT);
        load(KEXEC_TYPE_CRASH);
        ok_eq(write_locked(0), 0, "no lock");
        ok_eq(kexec_unload(KEXEC_TYPE_CRASH), 0, "unload after it");
        load(KEXEC_TYPE_CRASH);
        ok_eq(write_locked(1), 0, "lock");
        nothing_changes();
    }

    image_seal(&image[arg_type()]);
    image_exec(&image[arg_type()]);
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
