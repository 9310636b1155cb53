/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A dump and the facts that dom0 left about it: what vmcore.c checks.
 */
#ifndef TESTS_DOM0_VMCORE_H
#define TESTS_DOM0_VMCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Xen's virtual memory, see its asm/config.h. */
#define XEN_START           0xffff82d040000000ull
#define XEN_SIZE            (1ull << 30)
#define DIRECTMAP_START     0xffff830000000000ull
#define HYPERVISOR_START    0xffff800000000000ull
#define HYPERVISOR_END      0xffff880000000000ull

/* Xen's public/elfnote.h */
#define NOTE_CRASH_INFO     0x1000001
#define NOTE_CRASH_REGS     0x1000002

/* Xen's xen/elfcore.h */
struct crash_info {
    uint64_t major, minor, extra, changeset, compiler, date, time, tainted;
    uint64_t xen_phys_start, p2m_mfn;
};

struct crash_regs {
    uint64_t cr0, cr2, cr3, cr4;
};

/* struct user_regs_struct, as it is in the note. */
enum {
    R15, R14, R13, R12, RBP, RBX, R11, R10, R9, R8, RAX, RCX, RDX, RSI, RDI,
    ORIG_RAX, RIP, CS, RFLAGS, RSP, SS, FS_BASE, GS_BASE, DS, ES, FS, GS,
    NR_REGS
};
#define PRSTATUS_REGS       112
#define PRSTATUS_SIZE       336

#define MAX_CPUS            64

/* From the notes. */
struct cpu {
    uint64_t reg[NR_REGS];
    struct crash_regs control;
};
extern struct cpu cpus[MAX_CPUS];
extern unsigned int nr_cpus;
extern struct crash_info info;
extern char *vmcoreinfo;

/* A check: its name, then wrong() for what is not as it has to be, its end. */
extern bool bad;
void check(const char *name);
void __attribute__((__format__(__printf__, 1, 2))) wrong(const char *fmt, ...);
void checked(void);

/* Facts: "KEY VALUE...", a line each. */
void read_facts(const char *path);
/* The value of the next fact of that name from *i on. */
const char *next_fact(const char *name, unsigned int *i);
const char *only_fact(const char *name);
uint64_t fact_number(const char *name);

/* Memory: all of it from one program header, or not at all. */
bool read_maddr(uint64_t maddr, void *to, size_t bytes);
bool read_xen(uint64_t va, void *to, size_t bytes);

void open_dump(const char *path);
void check_headers(void);
void check_notes(void);

#endif /* TESTS_DOM0_VMCORE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
