/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_GUEST_PROBE_H
#define TESTS_GUEST_PROBE_H

#include "facts.h"
#include "lib.h"
#include "pattern.h"
#include "state.h"

extern uint64_t state[];
extern const struct facts *facts;

/* True in the 64-bit probe. */
#define LONG_MODE (sizeof(long) == 8)

#define maddr_to_ptr(maddr) ((void *)(unsigned long)(maddr))
#define ptr_to_maddr(ptr)   ((uint64_t)(unsigned long)(ptr))

struct __attribute__((__packed__)) table_reg {
    uint16_t limit;
    uint64_t base;
};

/* What vector_common leaves on the stack. */
struct frame {
#ifdef __x86_64__
    unsigned long regs[15];
#else
    unsigned long regs[8];
#endif
    unsigned long vector, error, ip, cs, flags;
};

/* entry*.S */
bool safe_read(uint64_t maddr, uint64_t *value);
bool safe_write(uint64_t maddr, uint8_t value);
void load_tables(const void *gdtr, const void *idtr);
void fault_handed_over(const void *gdtr, const void *idtr, unsigned int page)
    __attribute__((__noreturn__));

/* main.c */
extern uint32_t vectors_taken[256];
extern uint32_t faults_survived;        /* Of safe_read(), safe_write(). */
struct table_reg state_table(unsigned int nr);

/* memory.c: where bytes are. */
bool range_overlaps(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size);
bool in_any_segment(uint64_t maddr, uint64_t size);
void check_segments(void);
void check_areas(void);

/* contract.c: the rows that concern the CPU, and what it is. */
void print_offered(void);
void check_contract(uint64_t control_maddr);

/* notes.c: what the crash left for the reader of a dump. */
void check_notes(void);

/* tables.c: the identity map.  Returns what the alias maps, or 0. */
uint64_t check_tables(void);
void map_devices(void);
void map_as_handed_over(void);

/* devices.c */
void print_devices(void);
void check_devices(void);
void check_nmis(void);
void check_interrupts(void);
void check_cpus(void);

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    asm volatile ( "rdmsr" : "=a" (lo), "=d" (hi) : "c" (msr) );

    return ((uint64_t)hi << 32) | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    asm volatile ( "wrmsr"
                   :: "a" ((uint32_t)value), "d" ((uint32_t)(value >> 32)),
                      "c" (msr) : "memory" );
}

static inline void cpuid(uint32_t leaf, uint32_t reg[4])
{
    asm volatile ( "cpuid"
                   : "=a" (reg[0]), "=b" (reg[1]), "=c" (reg[2]),
                     "=d" (reg[3])
                   : "0" (leaf), "2" (0) );
}

#endif /* TESTS_GUEST_PROBE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
