/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Its addresses are virtual.  A PV kernel's page tables hold machine
 * addresses, so that they can be walked as Xen's are, once the top one is
 * found.
 */

#include <string.h>

#include "dom0.h"
#include "p2m.h"

/* Linux, Documentation/arch/x86/x86_64/mm.rst: the kernel's image. */
#define LINUX_MAP_START 0xffffffff80000000ULL

#define PAGE_BYTES 4096

/*
 * The note is in a page of its own in dom0's memory, whether or not the tool
 * that loaded the crash image has put it into the dump's headers.
 */
static bool is_vmcoreinfo(uint64_t maddr, void *arg)
{
    static const struct {
        uint32_t name_bytes, bytes, type;
        char name[12];
    } wanted = { .name_bytes = sizeof("VMCOREINFO"), .name = "VMCOREINFO" };
    struct dom0 *dom0 = arg;
    char note[PAGE_BYTES];
    uint32_t bytes;

    if ( !vmcore_read(dom0->dump->vmcore, maddr, note, sizeof(wanted)) ||
         memcmp(note, &wanted, 4) != 0 ||
         memcmp(note + 8, (const char *)&wanted + 8,
                sizeof(wanted) - 8) != 0 ||
         !vmcore_read(dom0->dump->vmcore, maddr, note, sizeof(note)) )
        return false;

    memcpy(&bytes, note + 4, sizeof(bytes));
    if ( bytes > sizeof(note) - sizeof(wanted) )
        return false;

    text_free(&dom0->found.text);
    text_add_bytes(&dom0->found.text, note + sizeof(wanted),
                   strnlen(note + sizeof(wanted), bytes));

    return true;
}

static bool find_vmcoreinfo(struct dom0 *dom0)
{
    dom0->info = &dom0->dump->notes.dom0;
    if ( dom0->info->text.used )
        return true;

    dom0->info = &dom0->found;
    if ( !p2m_is_known(dom0->dump) )
        text_add(&dom0->why_not,
                 "neither a vmcoreinfo of dom0's kernel nor a list of its "
                 "page frames (a PV Linux has told Xen)");
    else if ( !p2m_each(dom0->dump, is_vmcoreinfo, dom0) )
        text_add(&dom0->why_not, "no vmcoreinfo of dom0's kernel, neither "
                                  "as a note nor in its memory");
    else
        return true;

    return false;
}

static void find_root(struct dom0 *dom0)
{
    uint64_t va, phys_base;

    if ( !vmcoreinfo_number(dom0->info, "SYMBOL", "swapper_pg_dir", &va) ||
         !vmcoreinfo_number(dom0->info, "NUMBER", "phys_base", &phys_base) ||
         va < LINUX_MAP_START )
        text_add(&dom0->why_not, "dom0's vmcoreinfo does not say where its "
                                  "page tables are");
    else if ( !p2m_find(dom0->dump, (va - LINUX_MAP_START + phys_base) >> 12,
                        &dom0->root) )
    {
        dom0->root = 0;
        text_add(&dom0->why_not, "dom0's page tables are not in the dump");
    }
}

void dom0_open(const struct dump *dump, struct dom0 *dom0)
{
    *dom0 = (struct dom0){ .dump = dump };
    if ( find_vmcoreinfo(dom0) )
        find_root(dom0);
}

void dom0_close(struct dom0 *dom0)
{
    text_free(&dom0->found.text);
    text_free(&dom0->why_not);
}

bool dom0_read(const struct dom0 *dom0, uint64_t va, void *to,
                size_t bytes)
{
    while ( bytes )
    {
        uint64_t maddr, left;
        size_t now;

        if ( !dom0->root || !page_tables_walk(dom0->dump->vmcore,
                                               dom0->root, va, &maddr,
                                               &left) )
            return false;
        now = left < bytes ? left : bytes;
        if ( !vmcore_read(dom0->dump->vmcore, maddr, to, now) )
            return false;
        va += now;
        to = (char *)to + now;
        bytes -= now;
    }

    return true;
}

bool dom0_read_u64(const struct dom0 *dom0, uint64_t va, uint64_t *value)
{
    return dom0_read(dom0, va, value, sizeof(*value));
}

bool dom0_read_u32(const struct dom0 *dom0, uint64_t va, uint32_t *value)
{
    return dom0_read(dom0, va, value, sizeof(*value));
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
