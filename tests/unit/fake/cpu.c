/* SPDX-License-Identifier: GPL-2.0-only */

#define _GNU_SOURCE             /* REG_RIP */

#include <signal.h>
#include <ucontext.h>

#include "cpu.h"
#include "xen.h"

#define MAX_WRITES 256
#define MAX_LEAVES 8

struct cpu_write cpu_writes[MAX_WRITES];
unsigned int nr_cpu_writes, cpu_features;
bool cpu_stays;
unsigned long cpu_cr0, cpu_cr4;
struct cpu_msr cpu_msr;

typeof(boot_cpu_data) boot_cpu_data;
bool cpu_has_proc_trace, cpu_has_xsave, cpu_has_xsaves;

static struct leaf {
    uint32_t nr, eax, ebx, ecx;
} leaves[MAX_LEAVES];
static unsigned int nr_leaves;
static uint32_t forbidden_first, forbidden_last;

/* As after a boot: each gate leads elsewhere, three by IST. */
idt_entry_t bsp_idt[X86_IDT_VECTORS];
static seg_desc_t own_gdt[8];
seg_desc_t *per_cpu_gdt = own_gdt;

void trap_nop(void) {}

void cpu_reset(unsigned int vendor, unsigned int family)
{
    unsigned int i;

    nr_cpu_writes = nr_leaves = cpu_features = 0;
    forbidden_first = forbidden_last = 0;
    cpu_cr4 = 0;
    cpu_msr = (struct cpu_msr){};
    cpu_has_proc_trace = cpu_has_xsave = cpu_has_xsaves = false;
    boot_cpu_data = (typeof(boot_cpu_data)){
        .x86_vendor = vendor,
        .x86 = family,
    };

    for ( i = 0; i < X86_IDT_VECTORS; i++ )
        bsp_idt[i] = (idt_entry_t){ .a = (0x8eUL << 40) | (i << 4), .b = i };
    bsp_idt[X86_EXC_NMI].a |= 2UL << 32;
    bsp_idt[8].a |= 3UL << 32;
    bsp_idt[X86_EXC_MC].a |= 7UL << 32;
}

void cpu_set_leaf(uint32_t leaf, uint32_t eax, uint32_t ebx, uint32_t ecx)
{
    assert(nr_leaves < MAX_LEAVES);
    leaves[nr_leaves++] = (struct leaf){ leaf, eax, ebx, ecx };
}

void cpu_forbid_msrs(uint32_t first, uint32_t last)
{
    forbidden_first = first;
    forbidden_last = last;
}

static struct leaf leaf_of(uint32_t nr)
{
    unsigned int i;

    for ( i = 0; i < nr_leaves; i++ )
        if ( leaves[i].nr == nr )
            return leaves[i];

    return (struct leaf){};
}

uint32_t cpuid_eax(uint32_t leaf) { return leaf_of(leaf).eax; }
uint32_t cpuid_ebx(uint32_t leaf) { return leaf_of(leaf).ebx; }
uint32_t cpuid_ecx(uint32_t leaf) { return leaf_of(leaf).ecx; }

bool boot_cpu_has(unsigned int feature)
{
    return cpu_features & (1u << feature);
}

void cpu_take_down(struct cpu_write write)
{
    assert(nr_cpu_writes < MAX_WRITES);
    cpu_writes[nr_cpu_writes++] = write;
}

const struct cpu_write *cpu_written(enum cpu_what what, uint32_t nr)
{
    unsigned int i;

    for ( i = nr_cpu_writes; i--; )
        if ( cpu_writes[i].what == what && cpu_writes[i].nr == nr )
            return &cpu_writes[i];

    return NULL;
}

static bool is_forbidden(uint32_t msr)
{
    return msr >= forbidden_first && msr <= forbidden_last;
}

uint64_t shadow_rdmsr(uint32_t msr)
{
    assert(msr == cpu_msr.nr);

    return cpu_msr.value;
}

int wrmsr_safe(uint32_t msr, uint64_t value)
{
    if ( is_forbidden(msr) )
        return -EFAULT;

    cpu_take_down((struct cpu_write){ CPU_MSR, .nr = msr, .value = value });

    return 0;
}

void wrmsrl(uint32_t msr, uint64_t value)
{
    assert(!is_forbidden(msr));
    wrmsr_safe(msr, value);
}

/* A process may use neither instruction: each is two bytes. */
static void rdmsr_or_wrmsr(int signal, siginfo_t *info, void *context)
{
    greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uint8_t *rip = (const uint8_t *)regs[REG_RIP];

    assert(rip[0] == 0x0f && (rip[1] == 0x30 || rip[1] == 0x32));
    if ( rip[1] == 0x30 )
        wrmsrl(regs[REG_RCX], ((uint64_t)regs[REG_RDX] << 32) |
                              (uint32_t)regs[REG_RAX]);
    else
    {
        uint64_t value = shadow_rdmsr(regs[REG_RCX]);

        regs[REG_RAX] = (uint32_t)value;
        regs[REG_RDX] = value >> 32;
    }
    regs[REG_RIP] += 2;
}

void cpu_interrupt(void (*handler)(void))
{
    const struct sigaction emulate = {
        .sa_sigaction = rdmsr_or_wrmsr,
        .sa_flags = SA_SIGINFO,
    };
    unsigned long rax = 0xa, rcx = 0xc, rdx = 0xd, rsp;
    struct sigaction old;

    sigaction(SIGSEGV, &emulate, &old);
    asm volatile ( "mov %%rsp, %[rsp]; sub $128, %%rsp; and $-16, %%rsp\n\t"
                   "mov %%ss, %%r8d; push %%r8; push %[rsp]; pushf\n\t"
                   "mov %%cs, %%r8d; push %%r8\n\t"
                   "lea 1f(%%rip), %%r8; push %%r8\n\t"
                   "jmp *%[handler]\n"
                   "1:"
                   : "+a" (rax), "+c" (rcx), "+d" (rdx), [rsp] "=&r" (rsp)
                   : [handler] "r" (handler) : "r8", "cc", "memory" );
    sigaction(SIGSEGV, &old, NULL);
    assert(rax == 0xa && rcx == 0xc && rdx == 0xd);
}

void shadow_write_debugreg(unsigned int nr, unsigned long value)
{
    cpu_take_down((struct cpu_write){ CPU_DEBUGREG, .nr = nr,
                                      .value = value });
}

void lgdt(const struct desc_ptr *gdtr)
{
    cpu_take_down((struct cpu_write){ CPU_GDT, .value = gdtr->base,
                                      .limit = gdtr->limit });
}

void lidt(const struct desc_ptr *idtr)
{
    cpu_take_down((struct cpu_write){ CPU_IDT, .value = idtr->base,
                                      .limit = idtr->limit });
}

void write_cr4(unsigned long cr4)
{
    cpu_cr4 = cr4;
    cpu_take_down((struct cpu_write){ CPU_CR4, .value = cr4 });
}

void wbinvd(void)
{
    cpu_take_down((struct cpu_write){ CPU_WBINVD, .nr = this_cpu_id });
}

void ctxt_switch_levelling(const struct vcpu *next)
{
    if ( !cpu_stays )
        longjmp(way_out, CRASHED);
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
