/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls through the page that Xen filled in.
 */
#include "dom0.h"

extern uint8_t hypercall_page[];

long hypercall5(unsigned int nr, unsigned long a1, unsigned long a2,
                unsigned long a3, unsigned long a4, unsigned long a5)
{
    const void *call = hypercall_page + nr * 32;
    long ret;

#ifdef __x86_64__
    register unsigned long r10 asm ( "r10" ) = a4;
    register unsigned long r8 asm ( "r8" ) = a5;

    asm volatile ( "call *%[call]"
                   : "=a" (ret), "+D" (a1), "+S" (a2), "+d" (a3), "+r" (r10),
                     "+r" (r8)
                   : [call] "0" (call)
                   : "memory", "rcx", "r11" );
#else
    asm volatile ( "call *%[call]"
                   : "=a" (ret), "+b" (a1), "+c" (a2), "+d" (a3), "+S" (a4),
                     "+D" (a5)
                   : [call] "0" (call)
                   : "memory" );
#endif

    return ret;
}

bool other_form;

long kexec_op(unsigned long cmd, void *arg)
{
#ifdef __x86_64__
    if ( other_form )
        return hypercall_32(hypercall_page + __HYPERVISOR_kexec_op * 32, cmd,
                            ARG(arg));
#endif

    return hypercall(__HYPERVISOR_kexec_op, cmd, ARG(arg), 0, 0);
}

long kexec_status(unsigned int type)
{
    xen_kexec_status_t status = { .type = type };

    return kexec_op(KEXEC_CMD_kexec_status, &status);
}

long kexec_unload(unsigned int type)
{
    xen_kexec_unload_t unload = { .type = type };

    return kexec_op(KEXEC_CMD_kexec_unload, &unload);
}

long kexec_exec(unsigned int type)
{
    xen_kexec_exec_t exec = { .type = type };

    return kexec_op(KEXEC_CMD_kexec, &exec);
}

long kexec_get_range(unsigned int range, int nr, xen_kexec_range_t *out)
{
    memset(out, 0xff, sizeof(*out));
    out->range = range;
    out->nr = nr;

    return kexec_op(KEXEC_CMD_kexec_get_range, out);
}

static long hypfs(unsigned int cmd, const char *path, const void *buffer,
                  unsigned int size)
{
    return hypercall5(__HYPERVISOR_hypfs_op, cmd, ARG(path), strlen(path) + 1,
                      ARG(buffer), size);
}

#define HYPFS_BYTES 1024

long hypfs_read(const char *path, void *value, unsigned int size)
{
    static struct {
        struct xen_hypfs_direntry entry;
        char value[HYPFS_BYTES];
    } node;
    long rc = hypfs(XEN_HYPFS_OP_read, path, &node, sizeof(node));

    if ( !rc && node.entry.content_len > size )
        error("%s has %u bytes", path, node.entry.content_len);
    if ( !rc )
        memcpy(value, node.value, node.entry.content_len);

    return rc;
}

const char *hypfs_text(const char *path)
{
    static char text[HYPFS_BYTES];
    long rc = hypfs_read(path, text, sizeof(text));

    if ( rc )
        error("%s is not to be read: %d", path, (int)rc);

    return text;
}

long hypfs_write(const char *path, const void *value, unsigned int size)
{
    return hypfs(XEN_HYPFS_OP_write_contents, path, value, size);
}

static void physinfo(struct xen_sysctl *op)
{
    memset(op, 0, sizeof(*op));
    op->cmd = XEN_SYSCTL_physinfo;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;

    if ( hypercall(__HYPERVISOR_sysctl, ARG(op), 0, 0, 0) )
        error("physinfo is refused");
}

uint64_t free_pages(void)
{
    struct xen_sysctl op;

    physinfo(&op);

    return op.u.physinfo.free_pages;
}

void same_pages(uint64_t before, uint64_t after)
{
    ok(after + POOL_PAGES >= before && after <= before + POOL_PAGES,
       "free pages after all, as before: found %u, expected %u, or %u beside",
       (unsigned int)after, (unsigned int)before, POOL_PAGES);
}

unsigned int nr_cpus(void)
{
    struct xen_sysctl op;

    physinfo(&op);

    return op.u.physinfo.nr_cpus;
}

unsigned int max_cpu_id(void)
{
    struct xen_sysctl op;

    physinfo(&op);

    return op.u.physinfo.max_cpu_id;
}

size_t console_ring(char *text, size_t size)
{
    struct xen_sysctl op = {
        .cmd = XEN_SYSCTL_readconsole,
        .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
        .u.readconsole.count = size,
    };

    set_xen_guest_handle(op.u.readconsole.buffer, text);
    if ( hypercall(__HYPERVISOR_sysctl, ARG(&op), 0, 0, 0) )
        error("Xen's log is not to be read");

    return op.u.readconsole.count;
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
