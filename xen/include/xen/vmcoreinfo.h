/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmcoreinfo: lines of text that tell the reader of a dump what it cannot know
 * without Xen's debug information.
 */
#ifndef XEN__VMCOREINFO_H
#define XEN__VMCOREINFO_H

#include <xen/maddr-range.h>

/* Bytes of the note that holds the text, header included: a page. */
#define VMCOREINFO_BYTES 4096

/* Make the note, without a line.  At boot, before anything is appended. */
void vmcoreinfo_begin(void);

/* Where the note is: contiguous in machine addresses. */
struct maddr_range vmcoreinfo_range(void);

/* Append a line, at boot.  One that does not fit is logged and left out. */
void vmcoreinfo_append(const char *fmt, ...)
    __attribute__((__format__(__printf__, 1, 2)));

/* Append what the architecture, the console and the symbol table have. */
void arch_vmcoreinfo(void);
void console_vmcoreinfo(void);
void symbols_vmcoreinfo(void);

#define VMCOREINFO_SYMBOL(name) VMCOREINFO_SYMBOL_ALIAS(name, name)
#define VMCOREINFO_SYMBOL_ALIAS(alias, name) \
    vmcoreinfo_append("SYMBOL(%s)=%lx\n", #alias, (unsigned long)&(name))
#define VMCOREINFO_SIZE(type) \
    vmcoreinfo_append("SIZE(%s)=%zu\n", #type, sizeof(struct type))
#define VMCOREINFO_NUMBER(name) \
    vmcoreinfo_append("NUMBER(%s)=%ld\n", #name, (long)(name))
/* What readers call @field may be a member of a member here. */
#define VMCOREINFO_OFFSET(type, field, member) \
    vmcoreinfo_append("OFFSET(%s.%s)=%zu\n", #type, #field, \
                      offsetof(struct type, member))

#endif /* XEN__VMCOREINFO_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
