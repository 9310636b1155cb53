/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain without privileges that the dom0 builds, of a page of code, one of
 * results, and tables.
 */
#ifndef TESTS_GUEST_DOMU_H
#define TESTS_GUEST_DOMU_H

/* Of the hypercall; the last one does not exist. */
#define DOMU_COMMANDS   8

#ifndef __ASSEMBLY__

#define DOMU_PAGES      2ul
#define DOMU_TABLES     3

struct xen_domctl;

long domctl(struct xen_domctl *op, unsigned int cmd);
/* Ends the test as broken unless rc is 0. */
void domu_must(long rc, const char *what);

/* domu-hvm.c: enters its first page in 64-bit mode. */
void domu_start_hvm(unsigned int domid);

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
