/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The crash kernel's side of the evidence: holds a dump against the facts that
 * dom0 left (evidence.c and lib.sh), one per line in a file.
 *
 *   vmcore DUMP FACTS
 *
 * prints a line for each check: "NAME ok", or "NAME" and what is wrong.  What
 * is used of Xen are its notes and vmcoreinfo alone, as a reader without
 * debug symbols has to.
 *
 *   headers      each byte of the machine's memory but the crash area's
 *   notes        registers for each CPU; Xen's two descriptions of itself
 *   registers    of each CPU: possible ones
 *   spin         of one CPU: those that dom0 had put there
 *   xen-info     version, compiler and so on are those that dom0 saw
 *   vmcoreinfo   its symbols and offsets lead to dom0
 *   ring         of Xen's console: what dom0 had said, and Xen's last words
 *   low-memory   what was in the first 640 KiB, which the crash kernel uses
 *   dom0-memory  dom0's pages, found as Xen's note tells
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "vmcore.h"

/*
 * Names in vmcoreinfo
 */

/* What is behind KIND(NAME)= there. */
static uint64_t described(const char *kind, const char *name, int base)
{
    char key[80], *at = vmcoreinfo;
    int len = snprintf(key, sizeof(key), "%s(%s)=", kind, name);

    for ( ; at; at = strchr(at, '\n'), at = at ? at + 1 : NULL )
        if ( !strncmp(at, key, len) )
            return strtoull(at + len, NULL, base);
    wrong("there is no %s(%s)", kind, name);

    return 0;
}

static uint64_t read_variable(const char *name, size_t bytes)
{
    uint64_t value = 0;

    if ( !read_xen(described("SYMBOL", name, 16), &value, bytes) )
        wrong("%s is not to be read", name);

    return value;
}

/*
 * registers, spin
 */

/* CR0: PE, PG.  CR4: PAE. */
static void check_control(unsigned int i, const struct crash_regs *control)
{
    char byte;

    if ( !(control->cr0 & 1) || !(control->cr0 >> 31) ||
         !(control->cr4 & 0x20) ||
         !read_maddr(control->cr3 & 0xffffffffff000ull, &byte, 1) )
        wrong("CPU %u: CR0 %#" PRIx64 " CR3 %#" PRIx64 " CR4 %#" PRIx64, i,
              control->cr0, control->cr3, control->cr4);
}

static void check_registers(void)
{
    unsigned int i, in_xen = 0;

    for ( i = 0; i < nr_cpus; i++ )
    {
        const uint64_t *reg = cpus[i].reg;

        if ( !reg[RIP] || !reg[RSP] || (reg[CS] & 3) != (reg[SS] & 3) )
            wrong("CPU %u: RIP %#" PRIx64 " CS %#" PRIx64 " RSP %#" PRIx64
                  " SS %#" PRIx64, i, reg[RIP], reg[CS], reg[RSP], reg[SS]);
        check_control(i, &cpus[i].control);
        if ( reg[CS] & 3 )
            continue;
        in_xen++;
        if ( reg[RIP] - XEN_START >= XEN_SIZE || reg[RSP] < HYPERVISOR_START ||
             reg[RSP] >= HYPERVISOR_END )
            wrong("CPU %u: Xen at RIP %#" PRIx64 " RSP %#" PRIx64, i, reg[RIP],
                  reg[RSP]);
    }
    if ( !nr_cpus || (!in_xen && !only_fact("spin")) )
        wrong("no CPU ran Xen");
}

static const unsigned char spin_order[15] = {
    RAX, RBX, RCX, RDX, RSI, RDI, RBP, R8, R9, R10, R11, R12, R13, R14, R15,
};

static bool spins(const uint64_t *reg, uint64_t start, uint64_t end,
                  uint64_t seed)
{
    unsigned int i;

    for ( i = 0; i < 15; i++ )
        if ( reg[spin_order[i]] != evidence_word(seed ^ SEED_REGISTERS, i) )
            return false;

    return reg[RIP] >= start && reg[RIP] < end && (reg[CS] & 3) == 3;
}

/*
 * When the CPU was in Xen, the note has Xen's registers, and those of dom0 are
 * at the other end of Xen's stack.
 */
#define XEN_STACK_SIZE 0x8000ull

static bool spins_below_xen(const uint64_t *reg, uint64_t start, uint64_t end,
                            uint64_t seed)
{
    uint64_t base = reg[RSP] & -XEN_STACK_SIZE;
    static uint64_t stack[XEN_STACK_SIZE / 8];
    unsigned int i;

    if ( (reg[CS] & 3) || !read_xen(base, stack, sizeof(stack)) )
        return false;
    for ( i = 0; i + NR_REGS <= XEN_STACK_SIZE / 8; i++ )
        if ( spins(&stack[i], start, end, seed) )
            return true;

    return false;
}

/*
 * The CPU that crashed did so in Xen.  Any other was found in dom0, but for
 * an odd interrupt of Xen's own: the runner then takes another machine.
 */
static void check_spin(uint64_t seed)
{
    const uint64_t *reg;
    uint64_t start, end;
    unsigned int cpu;

    if ( sscanf(only_fact("spin"), "%u %" SCNi64 " %" SCNi64, &cpu,
                (int64_t *)&start, (int64_t *)&end) != 3 || cpu >= nr_cpus )
    {
        wrong("of no CPU in the dump");
        return;
    }

    reg = cpus[cpu].reg;
    if ( spins(reg, start, end, seed) )
        return;

    if ( !spins_below_xen(reg, start, end, seed) )
        wrong("CPU %u: RIP %#" PRIx64 " CS %#" PRIx64 " RAX %#" PRIx64
              ", and not the pattern", cpu, reg[RIP], reg[CS], reg[RAX]);
    else if ( read_variable("crashing_cpu", 4) != cpu )
        wrong("CPU %u: RIP %#" PRIx64 ", Xen had just interrupted dom0", cpu,
              reg[RIP]);
}

/*
 * xen-info, vmcoreinfo
 */

static void check_string(const char *name, uint64_t maddr)
{
    const char *wanted = only_fact(name);
    char found[200] = "";
    size_t len = wanted ? strlen(wanted) : 0;

    if ( !wanted || len >= sizeof(found) )
        wrong("dom0 left no fact \"%s\"", name);
    else if ( !read_maddr(maddr, found, len + 1) || strcmp(found, wanted) )
        wrong("%s is \"%.80s\", not \"%s\"", name, found, wanted);
}

static void check_xen_info(void)
{
    if ( info.major != fact_number("major") ||
         info.minor != fact_number("minor") )
        wrong("version is %" PRIu64 ".%" PRIu64, info.major, info.minor);
    check_string("extra", info.extra);
    check_string("compiler", info.compiler);
    check_string("changeset", info.changeset);
}

/* Dom0 is the first in the list; the machine's memory ends at max_page. */
static void check_vmcoreinfo(void)
{
    uint64_t max_page = 0, domain = 0, end = 0, start, ram = 0, next = 0;
    uint16_t domid = -1;
    const char *text;
    unsigned int i = 0;

    while ( (text = next_fact("ram", &i)) )
        if ( sscanf(text, "%" SCNi64 " %" SCNi64, (int64_t *)&start,
                    (int64_t *)&end) == 2 && end > ram )
            ram = end;
    if ( !read_xen(described("SYMBOL", "max_page", 16), &max_page, 8) ||
         max_page != ram / PAGE_SIZE )
        wrong("max_page is %#" PRIx64 ", not %#" PRIx64, max_page,
              ram / PAGE_SIZE);

    if ( !read_xen(described("SYMBOL", "domain_list", 16), &domain, 8) ||
         !read_xen(domain + described("OFFSET", "domain.domain_id", 10),
                   &domid, sizeof(domid)) || domid ||
         !read_xen(domain + described("OFFSET", "domain.next_in_list", 10),
                   &next, sizeof(next)) || next )
        wrong("dom0 at %#" PRIx64 " has number %u, and %#" PRIx64 " follows",
              domain, domid, next);

    described("SYMBOL", "frame_table", 16);
    described("SIZE", "page_info", 10);
    described("SIZE", "domain", 10);
    described("OFFSET", "page_info.count_info", 10);
    described("OFFSET", "page_info._domain", 10);
}

/*
 * ring
 */

static void check_ring(void)
{
    uint64_t ring = read_variable("conring", 8);
    uint32_t size = read_variable("conring_size", 4);
    uint32_t end = read_variable("conringp", 4), i;
    const char *wanted = only_fact("said"), *at = NULL;
    char *text, *raw;

    if ( bad || !wanted || !size || (size & (size - 1)) )
    {
        wrong("no ring of %u bytes", size);
        return;
    }

    raw = calloc(1, size);
    text = calloc(1, size + 1ull);
    if ( !raw || !text || !read_xen(ring, raw, size) )
        wrong("%u bytes at %#" PRIx64 " are not to be read", size, ring);
    else
    {
        /* The oldest is where the next would be; before that, no text. */
        for ( i = 0; i < size; i++ )
        {
            text[i] = raw[(end + i) & (size - 1)];
            if ( !text[i] )
                text[i] = '\n';
        }
        at = strstr(text, wanted);
        if ( !at )
            wrong("dom0's line \"%s\" is not there", wanted);
        else if ( !strstr(at, "crash") )
            wrong("Xen says nothing of a crash behind dom0's line");
    }
    free(raw);
    free(text);
}

/*
 * low-memory, dom0-memory
 */

/* number: of the page's first word. */
static bool page_is(uint64_t maddr, uint64_t seed, uint64_t number)
{
    uint64_t word[WORDS_PER_PAGE];
    unsigned int i;

    if ( !read_maddr(maddr, word, sizeof(word)) )
        return false;
    for ( i = 0; i < WORDS_PER_PAGE; i++ )
        if ( word[i] != evidence_word(seed, number + i) )
            return false;

    return true;
}

static void check_low_memory(uint64_t seed)
{
    const char *text = only_fact("low");
    uint64_t start, end, maddr;

    if ( !text || sscanf(text, "%" SCNi64 " %" SCNi64, (int64_t *)&start,
                         (int64_t *)&end) != 2 || start >= end )
    {
        wrong("dom0 left nothing there");
        return;
    }
    for ( maddr = start; maddr < end; maddr += PAGE_SIZE )
        if ( !page_is(maddr, seed ^ SEED_LOW, (maddr - start) / 8) )
            wrong("the page at %#" PRIx64 " is another", maddr);
}

/* Three levels of lists of frames, as Linux keeps them for Xen's tools. */
static bool frame_of(uint64_t pfn, uint64_t *mfn)
{
    static const unsigned int shift[] = { 18, 9, 0 };
    unsigned int i;

    *mfn = info.p2m_mfn;
    for ( i = 0; i < 3; i++ )
        if ( !read_maddr(*mfn * PAGE_SIZE + (pfn >> shift[i] & 511) * 8, mfn,
                         8) )
            return false;

    return true;
}

static void check_dom0_memory(uint64_t seed)
{
    unsigned int i = 0, pages = 0, number;
    const char *text;
    uint64_t pfn, mfn;

    while ( (text = next_fact("page", &i)) )
    {
        if ( sscanf(text, "%u %" SCNi64, &number, (int64_t *)&pfn) != 2 )
            continue;
        pages++;
        if ( !frame_of(pfn, &mfn) )
            wrong("where page %#" PRIx64 " of dom0 is, is not said", pfn);
        else if ( !page_is(mfn * PAGE_SIZE, seed ^ SEED_DOM0,
                           number * WORDS_PER_PAGE) )
            wrong("page %#" PRIx64 " of dom0, at %#" PRIx64 ", is another",
                  pfn, mfn * PAGE_SIZE);
    }
    if ( !pages )
        wrong("dom0 left nothing there");
}

int main(int argc, char **argv)
{
    uint64_t seed;

    if ( argc != 3 )
    {
        fprintf(stderr, "what?\n");
        return 2;
    }
    read_facts(argv[2]);

    check("headers");
    seed = fact_number("seed");
    open_dump(argv[1]);
    check_headers();
    checked();

    check("notes");
    check_notes();
    checked();

    check("registers");
    check_registers();
    checked();

    if ( only_fact("spin") )
    {
        check("spin");
        check_spin(seed);
        checked();
    }

    check("xen-info");
    check_xen_info();
    checked();

    check("vmcoreinfo");
    check_vmcoreinfo();
    checked();

    check("ring");
    check_ring();
    checked();

    check("low-memory");
    check_low_memory(seed);
    checked();

    check("dom0-memory");
    check_dom0_memory(seed);
    checked();

    return 0;
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
