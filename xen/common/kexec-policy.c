/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host allows of kexec: its option, and the lock.
 *
 *   kexec=[off|crash-efi|crash-only|all][,lock=boot][,digest]
 *
 * hypfs shows both, and what is armed.  Writing 1 to /kexec/locked locks:
 *
 *   /kexec/policy    off, crash-efi, crash-only or all
 *   /kexec/locked    0 or 1
 *   /kexec/default   what is armed, as words of the form name=value
 *   /kexec/crash     the same
 */

#include <xen/errno.h>
#include <xen/guest_access.h>
#include <xen/hypfs.h>
#include <xen/init.h>
#include <xen/kernel.h>
#include <xen/lib.h>
#include <xen/param.h>
#include <xen/string.h>
#include <xen/elfstructs.h> /* Needs types. */
#include <xsm/xsm.h>

#include <public/kexec.h>

#include "kexec-private.h"

enum policy {
    POLICY_OFF,
    POLICY_CRASH_EFI,
    POLICY_CRASH_ONLY,
    POLICY_ALL,
};
static enum policy __ro_after_init policy = POLICY_ALL;

static const char *const policy_names[] = {
    [POLICY_OFF] = "off",
    [POLICY_CRASH_EFI] = "crash-efi",
    [POLICY_CRASH_ONLY] = "crash-only",
    [POLICY_ALL] = "all",
};

static bool __ro_after_init want_digest;

static bool __init is_word(const char *s, const char *end, const char *word)
{
    return strlen(word) == end - s && !strncmp(s, word, end - s);
}

/* One word of the option, [@s, @end); false if there is no such word. */
static bool __init parse_word(const char *s, const char *end)
{
    unsigned int i;

    if ( is_word(s, end, "lock=boot") )
    {
        kexec_slots_lock_when_armed(true);
        return true;
    }

    if ( is_word(s, end, "digest") )
    {
        want_digest = true;
        return true;
    }

    for ( i = 0; i < ARRAY_SIZE(policy_names); i++ )
        if ( is_word(s, end, policy_names[i]) )
        {
            policy = i;
            return true;
        }

    return false;
}

/*
 * The last option wins.  One that is malformed allows nothing: whoever gives
 * it wants less than everything.
 */
static int __init cf_check parse_kexec(const char *s)
{
    const char *end;

    policy = POLICY_ALL;
    want_digest = false;
    kexec_slots_lock_when_armed(false);

    do {
        end = strchr(s, ',') ?: strchr(s, '\0');
        if ( !parse_word(s, end) )
        {
            policy = POLICY_OFF;
            printk(XENLOG_ERR "kexec: unknown word at \"%s\": kexec is off\n",
                   s);
            return -EINVAL;
        }
        s = end + 1;
    } while ( *end );

    return 0;
}
custom_param("kexec", parse_kexec);

int kexec_policy_command(unsigned int cmd)
{
    if ( policy != POLICY_OFF )
        return 0;

    printk("kexec: command %u: refused: kexec=off (%d)\n", cmd, -EPERM);

    return -EPERM;
}

const char *kexec_policy_type(const struct kimage_request *req)
{
    if ( policy == POLICY_CRASH_EFI && !req->bzimage )
        return "kexec=crash-efi";

    if ( policy == POLICY_CRASH_ONLY && req->type == KEXEC_TYPE_DEFAULT )
        return "kexec=crash-only";

    return NULL;
}

bool kexec_policy_digest(void)
{
    return want_digest;
}

#ifdef CONFIG_HYPFS

/* The text of a slot, with what is left filled with zeroes. */
#define STATUS_BYTES 256

static HYPFS_DIR_INIT(kexec_dir, "kexec");
static HYPFS_STRING_INIT(policy_leaf, "policy");

static int read_slot(unsigned int type, XEN_GUEST_HANDLE_PARAM(void) uaddr)
{
    struct kexec_slot_status status;
    char text[STATUS_BYTES] = "state=empty";
    int rc = xsm_kexec(XSM_PRIV);

    if ( rc )
        return rc;

    kexec_slot_status(type, &status);
    if ( status.armed )
    {
        int used = snprintf(text, sizeof(text),
                            "state=armed in-place=%s segments=%u bytes=%"PRIu64
                            " entry=%"PRIpaddr" bits=%u",
                            status.in_place ? "yes" : "no", status.nr_segments,
                            status.buf_bytes, status.entry_maddr,
                            status.arch == EM_386 ? 32 : 64);

        if ( status.has_digest )
            snprintf(text + used, sizeof(text) - used,
                     " sha256=%" STR(SHA2_256_DIGEST_SIZE) "phN",
                     status.digest.bytes);
    }

    return copy_to_guest(uaddr, text, sizeof(text)) ? -EFAULT : 0;
}

static int cf_check read_default(const struct hypfs_entry *entry,
                                 XEN_GUEST_HANDLE_PARAM(void) uaddr)
{
    return read_slot(KEXEC_TYPE_DEFAULT, uaddr);
}

static int cf_check read_crash(const struct hypfs_entry *entry,
                               XEN_GUEST_HANDLE_PARAM(void) uaddr)
{
    return read_slot(KEXEC_TYPE_CRASH, uaddr);
}

/* One way: 1 locks, and 0 is refused then. */
static int cf_check write_locked(struct hypfs_entry_leaf *leaf,
                                 XEN_GUEST_HANDLE_PARAM(const_void) uaddr,
                                 unsigned int ulen)
{
    uint8_t lock;
    int rc = xsm_kexec(XSM_PRIV);

    if ( rc )
        return rc;

    if ( ulen != sizeof(lock) )
        return -EDOM;

    if ( copy_from_guest(&lock, uaddr, 1) )
        return -EFAULT;

    if ( lock )
        kexec_slots_lock();
    else if ( kexec_slots_are_locked() )
    {
        printk("kexec: unlock: refused: locked until the next boot (%d)\n",
               -EPERM);
        return -EPERM;
    }

    return 0;
}

static int cf_check read_locked(const struct hypfs_entry *entry,
                                XEN_GUEST_HANDLE_PARAM(void) uaddr)
{
    uint8_t lock = kexec_slots_are_locked();

    return copy_to_guest(uaddr, &lock, 1) ? -EFAULT : 0;
}

#define SLOT_FUNCS(read_fn) {                                               \
    .enter = hypfs_node_enter,                                              \
    .exit = hypfs_node_exit,                                                \
    .read = read_fn,                                                        \
    .write = hypfs_write_deny,                                              \
    .getsize = hypfs_getsize,                                               \
    .findentry = hypfs_leaf_findentry,                                      \
}

static const struct hypfs_funcs default_funcs = SLOT_FUNCS(read_default);
static const struct hypfs_funcs crash_funcs = SLOT_FUNCS(read_crash);
static const struct hypfs_funcs locked_funcs = {
    .enter = hypfs_node_enter,
    .exit = hypfs_node_exit,
    .read = read_locked,
    .write = write_locked,
    .getsize = hypfs_getsize,
    .findentry = hypfs_leaf_findentry,
};

/* Reads generate their contents: these objects only give hypfs the sizes. */
static const char slot_text[STATUS_BYTES];
static const bool is_locked;

static HYPFS_FIXEDSIZE_INIT(default_leaf, XEN_HYPFS_TYPE_STRING, "default",
                            slot_text, &default_funcs, 0);
static HYPFS_FIXEDSIZE_INIT(crash_leaf, XEN_HYPFS_TYPE_STRING, "crash",
                            slot_text, &crash_funcs, 0);
static HYPFS_FIXEDSIZE_INIT(locked_leaf, XEN_HYPFS_TYPE_BOOL, "locked",
                            is_locked, &locked_funcs, 1);

static int __init cf_check kexec_policy_init(void)
{
    hypfs_string_set_reference(&policy_leaf, policy_names[policy]);
    hypfs_add_dir(&hypfs_root, &kexec_dir, true);
    hypfs_add_leaf(&kexec_dir, &policy_leaf, true);
    hypfs_add_leaf(&kexec_dir, &default_leaf, true);
    hypfs_add_leaf(&kexec_dir, &crash_leaf, true);
    hypfs_add_leaf(&kexec_dir, &locked_leaf, true);

    return 0;
}
__initcall(kexec_policy_init);

#endif /* CONFIG_HYPFS */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
