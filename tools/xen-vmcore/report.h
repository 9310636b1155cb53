/* SPDX-License-Identifier: GPL-2.0-only */
/* All that is said of a dump, as data; and how it is printed. */
#ifndef XEN_VMCORE_REPORT_H
#define XEN_VMCORE_REPORT_H

#include <stdio.h>

#include "console.h"
#include "domains.h"
#include "livepatch.h"
#include "names.h"

struct report {
    struct dump *dump;
    struct names *names, *dom0_names;
    struct dom0 dom0;
    struct payloads payloads;
    bool stack_words;           /* To be printed */
    struct text version, changeset, compiler, build_id, cmdline;
    struct text reason;         /* Lines; empty when not known */
    struct text dom0_reason;    /* If dom0 has panicked */
    bool has_crashing_cpu;
    uint32_t crashing_cpu;
    const struct frame *where;  /* Where it crashed; NULL: not known */
    struct stack *stacks;       /* As many as the notes have CPUs */
    struct domains domains;
    struct text console, dom0_log, no_dom0_log;
};

/* @dom0_symbols: a System.map or vmlinux of dom0's kernel, or NULL. */
void report_make(struct dump *dump, const char *dom0_symbols,
                 struct report *report);
void report_free(struct report *report);

/* "#PF" and so on; NULL for what is no exception. */
const char *report_exception(uint32_t vector);

/* The name of a function of Xen, or of a livepatch; NULL: not known. */
const char *report_function(const struct report *report, uint64_t va,
                            uint64_t *into);

/* @last: that many lines of each log, or 0 for all. */
void report_print_text(const struct report *report, unsigned int last,
                       FILE *out);
void report_print_json(const struct report *report, FILE *out);

#endif /* XEN_VMCORE_REPORT_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
