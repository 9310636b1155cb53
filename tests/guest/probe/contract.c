/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rows of the hand-over contract that the CPU itself can tell.
 */
#include "probe.h"

#define CR0_PE      (1u << 0)
#define CR0_ET      (1u << 4)
#define CR0_NE      (1u << 5)
#define CR0_PG      (1u << 31)
#define CR4_PAE     (1u << 5)
#define CR4_OSFXSR  (1u << 9)
#define CR4_OSXSAVE (1u << 18)
#define EFER_LME    (1u << 8)
#define EFER_LMA    (1u << 10)

#define MSR_PAT             0x277
#define MSR_EFER            0xc0000080
#define MSR_FS_BASE         0xc0000100
#define MSR_GS_BASE         0xc0000101
#define MSR_KERNEL_GS_BASE  0xc0000102

#define FLAGS_RESET 0x2
#define DR6_RESET   0xffff0ff0
#define DR7_RESET   0x400
#define FCW_INIT    0x37f
#define MXCSR_RESET 0x1f80
#define XCR0_RESET  0x1
#define PAT_RESET   0x0007040600070406ULL

#define STACK_BYTES 3072

/* A descriptor's bits that matter: "accessed" may be either. */
#define DESC_MASK       0xfffffeffffffffffULL
#define DESC_CODE64     0x00af9a000000ffffULL
#define DESC_CODE32     0x00cf9a000000ffffULL
#define DESC_DATA       0x00cf92000000ffffULL

static void check_control(void)
{
    static const char names[][4] = {
        "ax", "cx", "dx", "bx", "sp", "bp", "si", "di",
        "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    };
    unsigned int i;

    ok_eq(state[ST_CR0], (LONG_MODE ? CR0_PG : 0) | CR0_ET | CR0_NE | CR0_PE,
          "CR0");
    ok_eq(state[ST_CR4], LONG_MODE ? CR4_PAE : 0, "CR4");
    ok_eq(rdmsr(MSR_EFER), LONG_MODE ? EFER_LME | EFER_LMA : 0, "EFER");
    if ( LONG_MODE )
    {
        ok_eq(state[ST_CR3] & (PAGE_SIZE - 1), 0, "PCID and flags in CR3");
        ok_eq(state[ST_CR8], 0, "CR8");
    }
    else
        ok_eq(state[ST_CR3], 0, "CR3");
    ok_eq(state[ST_FLAGS], FLAGS_RESET, "flags");
    ok_eq(rdmsr(MSR_PAT), PAT_RESET, "page attribute table");

    for ( i = 0; i < (LONG_MODE ? 16 : 8); i++ )
        if ( i != ST_SP )
            ok_eq(state[i], i == ST_SI ? facts->arg : 0, "register %s",
                  names[i]);

    for ( i = 0; i < 4; i++ )
        ok_eq(state[ST_DR0 + i], 0, "DR%u", i);
    ok_eq(state[ST_DR6], DR6_RESET, "DR6");
    ok_eq(state[ST_DR7], DR7_RESET, "DR7");
}

static void check_stack(void)
{
    uint64_t sp = state[ST_SP], low = sp - STACK_BYTES, maddr, word;
    bool good = true;

    ok_eq(state[ST_STACK], 0, "word at 0(sp)");

    for ( maddr = low; maddr < sp && good; maddr++ )
        good = safe_write(maddr, pattern_byte(sp, maddr));
    for ( maddr = low; maddr + 8 <= sp && good; maddr += 8 )
    {
        uint64_t expected;

        pattern_fill(&expected, sp, maddr, sizeof(expected));
        good = safe_read(maddr, &word) && word == expected;
    }
    ok(good, "%u bytes of stack below sp %llx can be written and read back",
       STACK_BYTES, (unsigned long long)sp);

    ok(!in_any_segment(low, STACK_BYTES + sizeof(long)) && low >= MB(1),
       "the stack is in no segment and not in the first MiB");
    if ( !LONG_MODE )
        ok(sp < GB(4), "the stack is below 4 GiB");
}

static void check_gdt(uint64_t control_maddr)
{
    static const uint8_t sel[] = { ST_DS, ST_ES, ST_SS, ST_FS, ST_GS };
    static const char names[][3] = { "DS", "ES", "SS", "FS", "GS" };
    struct table_reg gdtr = state_table(ST_GDTR);
    uint64_t desc = 0;
    unsigned int i;

    ok_eq(state[ST_CS], 0x10, "CS");
    for ( i = 0; i < ARRAY_SIZE(sel); i++ )
        ok_eq(state[sel[i]], 0x18, "%s", names[i]);
    ok_eq(state[ST_LDTR], 0, "LDTR");
    print("# TR %llx, CR2 %llx\n", (unsigned long long)state[ST_TR],
          (unsigned long long)state[ST_CR2]);

    if ( LONG_MODE )
    {
        ok_eq(rdmsr(MSR_FS_BASE), 0, "FS base");
        ok_eq(rdmsr(MSR_GS_BASE), 0, "GS base");
        ok_eq(rdmsr(MSR_KERNEL_GS_BASE), 0, "kernel GS base");
    }
    else
    {
        ok_eq(state[ST_BASES], 0, "bits of a word that differ when it is read "
              "through another segment");
        ok_eq(state[ST_WRITES], 5, "segments that are writable up to 4 GiB");
    }

    if ( !ok(gdtr.limit >= 0x1f, "GDT limit %x holds what is at 0x18",
             gdtr.limit) )
        return;

    if ( LONG_MODE )
        ok_eq(gdtr.base & PAGE_MASK, control_maddr, "page of the GDT");
    ok(!in_any_segment(gdtr.base, gdtr.limit + 1) && gdtr.base >= MB(1),
       "GDT at %llx is in no segment and not in the first MiB",
       (unsigned long long)gdtr.base);

    ok(safe_read(gdtr.base + 0x10, &desc), "GDT entry 0x10 can be read");
    ok_eq(desc & DESC_MASK, LONG_MODE ? DESC_CODE64 : DESC_CODE32,
          "descriptor 0x10, accessed bit aside");
    ok(safe_read(gdtr.base + 0x18, &desc), "GDT entry 0x18 can be read");
    ok_eq(desc & DESC_MASK, DESC_DATA, "descriptor 0x18, accessed bit aside");
}

static void check_idt(uint64_t control_maddr)
{
    struct table_reg idtr = state_table(ST_IDTR);
    unsigned int vector, good = 0, count = (idtr.limit + 1) / 16;

    if ( !LONG_MODE )
    {
        ok_eq(idtr.limit, 0, "IDT limit");
        return;
    }

    /* Vectors up to #XM at the least; more is welcome. */
    if ( !ok(idtr.limit != 0xffff && count >= 20 &&
             !((idtr.limit + 1) % 16), "IDT limit %x holds vectors 0 to 19",
             idtr.limit) )
        return;

    ok(!in_any_segment(idtr.base, idtr.limit + 1) && idtr.base >= MB(1),
       "IDT at %llx is in no segment and not in the first MiB",
       (unsigned long long)idtr.base);

    for ( vector = 0; vector < count; vector++ )
    {
        uint64_t low, high, ip;

        if ( !safe_read(idtr.base + vector * 16, &low) ||
             !safe_read(idtr.base + vector * 16 + 8, &high) )
            break;

        ip = (low & 0xffff) | ((low >> 32) & 0xffff0000) | (high << 32);
        if ( ((low >> 16) & 0xffff) == 0x10 && ((low >> 40) & 0xfe) == 0x8e &&
             !((low >> 32) & 7) && (ip & PAGE_MASK) == control_maddr )
            good++;
        else
            print("# vector %u: gate %llx %llx\n", vector,
                  (unsigned long long)low, (unsigned long long)high);
    }

    ok_eq(good, count, "IDT gates that lead to the control page by CS 0x10");
}

/* For cases that are about a feature: see needs= in guestcase.py. */
void print_offered(void)
{
    static const struct {
        uint32_t leaf;
        uint8_t reg, bit;
        char name[8];
    } features[] = {
        { 1, 2, 17, "pcid" },
        { 1, 2, 21, "x2apic" },
        { 1, 2, 26, "xsave" },
        { 7, 1, 7, "smep" },
        { 7, 1, 9, "erms" },
        { 7, 2, 16, "la57" },
        { 0x80000001, 3, 26, "1g" },
    };
    uint32_t reg[4], highest;
    unsigned int i;

    cpuid(0, reg);
    highest = reg[0];

    print("# offered:");
    for ( i = 0; i < ARRAY_SIZE(features); i++ )
    {
        if ( features[i].leaf > highest && features[i].leaf < 0x80000000 )
            continue;
        cpuid(features[i].leaf, reg);
        if ( reg[features[i].reg] & (1u << features[i].bit) )
            print(" %s", features[i].name);
    }
    print("\n");
}

static bool has_xsave(void)
{
    uint32_t reg[4];

    cpuid(1, reg);

    return reg[2] & (1u << 26);
}

static uint64_t xcr0(void)
{
    uint32_t lo, hi;

    asm volatile ( "xgetbv" : "=a" (lo), "=d" (hi) : "c" (0) );

    return ((uint64_t)hi << 32) | lo;
}

static void check_fpu(void)
{
    struct __attribute__((__packed__)) {
        uint32_t fcw, fsw, ftw, fip, fcs, fdp, fds;
    } env;
    unsigned long cr4;
    uint32_t mxcsr;

    asm volatile ( "fnstenv %0" : "=m" (env) );
    ok_eq(env.fcw & 0xffff, FCW_INIT, "x87 control word");
    ok_eq(env.fsw & 0xffff, 0, "x87 status word");
    ok_eq(env.ftw & 0xffff, 0xffff, "x87 tag word");

    asm volatile ( "mov %%cr4, %0" : "=r" (cr4) );
    asm volatile ( "mov %0, %%cr4" :: "r" (cr4 | CR4_OSFXSR) );
    asm volatile ( "stmxcsr %0" : "=m" (mxcsr) );
    ok_eq(mxcsr, MXCSR_RESET, "MXCSR");
    if ( has_xsave() )
    {
        asm volatile ( "mov %0, %%cr4" :: "r" (cr4 | CR4_OSXSAVE) );
        ok_eq(xcr0(), XCR0_RESET, "XCR0");
    }
    else
        skip("the processor has none", "XCR0");
    asm volatile ( "mov %0, %%cr4" :: "r" (cr4) );
}

void check_contract(uint64_t control_maddr)
{
    check_control();
    check_stack();
    check_gdt(control_maddr);
    check_idt(control_maddr);
    check_fpu();
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
