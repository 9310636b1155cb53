/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ELF notes of each CPU, at the addresses that the dom0 was told before
 * the crash.
 *
 * Layout: struct elf_prstatus of 64-bit x86 (Linux, elfcore.h), as core files
 * have it; Xen's own notes as in its public elfnote.h and elfcore.h.
 */
#include "probe.h"

#define NT_PRSTATUS         1
#define XEN_CRASH_INFO      0x1000001
#define XEN_CRASH_REGS      0x1000002

#define PRSTATUS_SIZE       336
#define PRSTATUS_REGS       112     /* Offset of the registers. */
#define REG_RIP             16
#define REG_CS              17

#define XEN_CODE_START      0xffff82d040000000ULL
#define XEN_CODE_END        0xffff82d080000000ULL
#define XEN_CS              0xe008

/* Of Xen's note: CR0, CR2, CR3, CR4. */
#define CRS                 4
#define CR0_PG_PE           0x80000001

struct note {
    uint32_t name_size, size, type;
    const uint8_t *desc;
};

static bool next_note(const uint8_t **pos, const uint8_t *end,
                      struct note *note)
{
    const uint32_t *head = (const void *)*pos;
    uint64_t bytes;

    if ( end - *pos < 12 )
        return false;

    note->name_size = head[0];
    note->size = head[1];
    note->type = head[2];
    bytes = 12 + (((uint64_t)note->name_size + 3) & ~3ull);
    note->desc = *pos + bytes;
    bytes += ((uint64_t)note->size + 3) & ~3ull;
    if ( bytes > (uint64_t)(end - *pos) )
        return false;

    *pos += bytes;

    return true;
}

static bool is_note(const struct note *note, const char *name, uint32_t type,
                    uint32_t size)
{
    const char *found = (const char *)note->desc -
                        ((note->name_size + 3) & ~3u);

    return note->type == type && note->size >= size &&
           note->name_size == strlen(name) + 1 &&
           !memcmp(found, name, note->name_size);
}

static void check_registers(unsigned int cpu, unsigned int expected,
                            const uint64_t *regs, const uint64_t *crs)
{
    bool in_xen = regs[REG_RIP] >= XEN_CODE_START &&
                  regs[REG_RIP] < XEN_CODE_END && regs[REG_CS] == XEN_CS;
    unsigned int i;

    ok(crs[0] && (crs[0] & CR0_PG_PE) == CR0_PG_PE && crs[2] >= PAGE_SIZE,
       "CPU %u: CR0 %llx and CR3 %llx are those of a running CPU", cpu,
       (unsigned long long)crs[0], (unsigned long long)crs[2]);

    if ( expected == NOTES_SAVED )
    {
        ok(regs[REG_RIP], "CPU %u: rip %llx", cpu,
           (unsigned long long)regs[REG_RIP]);
        return;
    }

    /* Xen runs as well while it has a guest: the case tries again. */
    if ( expected == NOTES_GUEST && in_xen )
    {
        print("# CPU %u was in Xen, at %llx\n", cpu,
              (unsigned long long)regs[REG_RIP]);
        return;
    }

    if ( expected == NOTES_GUEST )
        ok(regs[REG_CS] != XEN_CS, "CPU %u: rip %llx is the guest's", cpu,
           (unsigned long long)regs[REG_RIP]);
    else
        ok(in_xen, "CPU %u: cs:rip %llx:%llx is in Xen", cpu,
           (unsigned long long)regs[REG_CS],
           (unsigned long long)regs[REG_RIP]);

    for ( i = 0; i < KNOWN_REGS && regs[i] == known_reg(cpu, i); i++ )
        continue;
    ok(i == KNOWN_REGS, "CPU %u: general registers: %u of %u as they were, "
       "the next is %llx", cpu, i, KNOWN_REGS, (unsigned long long)regs[i]);
}

static void check_cpu_notes(unsigned int cpu, const struct facts_notes *notes)
{
    const uint8_t *pos = maddr_to_ptr(notes->maddr), *end = pos + notes->size;
    const uint8_t *status = NULL, *crs = NULL, *info = NULL;
    struct note note;

    while ( next_note(&pos, end, &note) )
        if ( is_note(&note, "CORE", NT_PRSTATUS, PRSTATUS_SIZE) )
            status = note.desc;
        else if ( is_note(&note, "Xen", XEN_CRASH_REGS, CRS * 8) )
            crs = note.desc;
        else if ( is_note(&note, "Xen", XEN_CRASH_INFO, 2 * 8) )
            info = note.desc;

    if ( !ok(pos == end && status && crs,
             "CPU %u: notes at %llx, %x bytes, are complete", cpu,
             (unsigned long long)notes->maddr, notes->size) )
        return;

    if ( !cpu )
        ok(info && *(const uint64_t *)info, "Xen's note has a version");

    if ( notes->expected == NOTES_EMPTY )
        ok(zero_check(status, PRSTATUS_SIZE) == PRSTATUS_SIZE &&
           zero_check(crs, CRS * 8) == CRS * 8,
           "CPU %u was not there: its notes are empty", cpu);
    else
        check_registers(cpu, notes->expected,
                        (const void *)(status + PRSTATUS_REGS),
                        (const void *)crs);
}

void check_notes(void)
{
    unsigned int cpu;

    for ( cpu = 0; cpu < facts->nr_notes; cpu++ )
        check_cpu_notes(cpu, &facts->notes[cpu]);
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
