/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of the report for people. */
#ifndef XEN_VMCORE_REPORT_TEXT_H
#define XEN_VMCORE_REPORT_TEXT_H

#include "report.h"

/* Xen, its crash, livepatches and all CPUs. */
void report_text_xen(const struct report *report, FILE *out);
void report_text_cpu(const struct report *report, size_t cpu, FILE *out);
/* The words of its stack. */
void report_text_words(const struct report *report, size_t cpu, FILE *out);
/* With the registers of each vCPU if @full. */
void report_text_domain(const struct report *report,
                        const struct domain *domain, bool full, FILE *out);
/* @last: that many lines, or 0 for all. */
void report_text_console(const struct report *report, unsigned int last,
                         FILE *out);
void report_text_dom0_log(const struct report *report, unsigned int last,
                          FILE *out);
void report_text_problems(const struct report *report, FILE *out);

#endif /* XEN_VMCORE_REPORT_TEXT_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
