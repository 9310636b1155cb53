/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains without privileges: one that the dom0 builds, of a page of code, one
 * of results, and tables; and the same guest, started by xl.
 */
#ifndef TESTS_GUEST_DOMU_H
#define TESTS_GUEST_DOMU_H

/* Of the hypercall; the last one does not exist. */
#define DOMU_COMMANDS   8

#ifndef __ASSEMBLY__

#include <stdbool.h>
#include <stddef.h>

#define DOMU_PAGES      2ul
#define DOMU_TABLES     3

struct start_info;
struct xen_domctl;

long domctl(struct xen_domctl *op, unsigned int cmd);
/* Ends the test as broken unless rc is 0. */
void domu_must(long rc, const char *what);

/* domu-hvm.c */
void domu_start_hvm(unsigned int domid, bool long_mode);

/* domu-xl.c */
void domu_main(const struct start_info *si) __attribute__((__noreturn__));
/* False before that, and in a dom0: text goes to another console then. */
bool domu_out_text(const char *text, size_t len);

#endif /* __ASSEMBLY__ */

#endif /* TESTS_GUEST_DOMU_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
