/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dump as a hypervisor's memory: by Xen's virtual addresses, with names,
 * sizes and offsets from vmcoreinfo, or else from xen-syms.
 */
#ifndef XEN_VMCORE_DUMP_H
#define XEN_VMCORE_DUMP_H

#include "notes.h"

struct xensyms;

struct dump {
    struct vmcore *vmcore;
    struct notes notes;
    struct xensyms *xensyms;    /* NULL without */
    uint64_t virt_start;        /* Where Xen's image is mapped, */
    uint64_t root;              /* and the top of its page tables; 0: none */
    struct text problems;       /* A line for each */
    struct code {
        uint64_t start, bytes;
    } *code;                    /* Text outside of the image */
    size_t nr_code;
};

/*
 * Without @xensyms, those that are installed for the dump's build id are read.
 * False, with the reason in @error, when there is nothing to report on.
 */
bool dump_open(struct dump *dump, const char *vmcore, const char *xensyms,
               struct text *error);
void dump_close(struct dump *dump);

/* Something that the report will lack. */
void dump_problem(struct dump *dump, const char *fmt, ...)
    __attribute__((__format__(__printf__, 2, 3)));

bool dump_symbol(const struct dump *dump, const char *name, uint64_t *va);
bool dump_offset(const struct dump *dump, const char *type,
                 const char *member, uint64_t *offset);
bool dump_size(const struct dump *dump, const char *type, uint64_t *size);
bool dump_number(const struct dump *dump, const char *name, uint64_t *value);

/* Is it in Xen's text, or in what was added to that? */
bool dump_is_text(const struct dump *dump, uint64_t va);
void dump_add_text(struct dump *dump, uint64_t start, uint64_t bytes);

/* Read Xen's memory. */
bool dump_read(const struct dump *dump, uint64_t va, void *to, size_t bytes);
bool dump_read_u64(const struct dump *dump, uint64_t va, uint64_t *value);
bool dump_read_u32(const struct dump *dump, uint64_t va, uint32_t *value);
/* The same of a variable, by its name. */
bool dump_variable_u64(const struct dump *dump, const char *name,
                       uint64_t *value);
bool dump_variable_u32(const struct dump *dump, const char *name,
                       uint32_t *value);

/* A string in memory, of at most @max bytes; "" when it is not there. */
void dump_read_string(const struct dump *dump, uint64_t maddr, size_t max,
                      struct text *string);
/* The same in Xen's memory. */
void dump_read_string_va(const struct dump *dump, uint64_t va, size_t max,
                         struct text *string);

/*
 * Translate by the page tables at @root.  False where nothing is mapped;
 * @left: how many bytes follow in the same page.
 */
bool page_tables_walk(const struct vmcore *vmcore, uint64_t root, uint64_t va,
                      uint64_t *maddr, uint64_t *left);

#endif /* XEN_VMCORE_DUMP_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
