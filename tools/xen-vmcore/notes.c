/* SPDX-License-Identifier: GPL-2.0-only */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notes.h"

/* xen/include/public/elfnote.h */
#define NT_XEN_CRASH_INFO 0x1000001
#define NT_XEN_CRASH_REGS 0x1000002
#define NT_PRSTATUS       1

/* struct ELF_Prstatus: the registers, as 64-bit words, begin here. */
#define PRSTATUS_REGS     112
#define PRSTATUS_NR_REGS  27

const char *const reg_names[NR_REGS] = {
    "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp",
    "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip",
};

/* Word of a PRSTATUS, register. */
static const struct {
    unsigned int word;
    enum reg reg;
} prstatus_layout[] = {
    { 0, REG_R15 }, { 1, REG_R14 }, { 2, REG_R13 }, { 3, REG_R12 },
    { 4, REG_RBP }, { 5, REG_RBX }, { 6, REG_R11 }, { 7, REG_R10 },
    { 8, REG_R9 }, { 9, REG_R8 }, { 10, REG_RAX }, { 11, REG_RCX },
    { 12, REG_RDX }, { 13, REG_RSI }, { 14, REG_RDI }, { 16, REG_RIP },
    { 19, REG_RSP },
};
#define WORD_CS     17
#define WORD_RFLAGS 18
#define WORD_SS     20

bool cpu_has_registers(const struct cpu *cpu)
{
    return cpu->regs[REG_RIP] || cpu->regs[REG_RSP];
}

static bool is_note(const struct vmcore_note *note, const char *name,
                    uint32_t type, size_t min_bytes)
{
    return !strcmp(note->name, name) && note->type == type &&
           note->bytes >= min_bytes;
}

static void read_registers(const struct vmcore_note *note, struct cpu *cpu)
{
    uint64_t words[PRSTATUS_NR_REGS];
    size_t i;

    memcpy(words, note->contents + PRSTATUS_REGS, sizeof(words));
    for ( i = 0; i < sizeof(prstatus_layout) / sizeof(*prstatus_layout); i++ )
        cpu->regs[prstatus_layout[i].reg] = words[prstatus_layout[i].word];
    cpu->cs = words[WORD_CS];
    cpu->rflags = words[WORD_RFLAGS];
    cpu->ss = words[WORD_SS];
}

static void read_control(const struct vmcore_note *note, struct cpu *cpu)
{
    uint64_t words[4];

    memcpy(words, note->contents, sizeof(words));
    cpu->has_control = true;
    cpu->cr0 = words[0];
    cpu->cr2 = words[1];
    cpu->cr3 = words[2];
    cpu->cr4 = words[3];
}

static void read_xen_info(const struct vmcore_note *note,
                          struct xen_info *info)
{
    uint64_t w[10];

    memcpy(w, note->contents, sizeof(w));
    *info = (struct xen_info){
        .major = w[0], .minor = w[1], .extra_version = w[2],
        .changeset = w[3], .compiler = w[4], .compile_date = w[5],
        .compile_time = w[6], .tainted = w[7], .phys_start = w[8],
        .p2m_frame_lists = w[9],
    };
}

static void read_vmcoreinfo(const struct vmcore_note *note,
                            struct vmcoreinfo *info)
{
    text_free(&info->text);
    text_add_bytes(&info->text, note->contents,
                   strnlen((const char *)note->contents, note->bytes));
}

/* A PRSTATUS begins the notes of the next CPU. */
static void read_note(const struct vmcore_note *note, void *arg)
{
    struct notes *notes = arg;

    if ( is_note(note, "CORE", NT_PRSTATUS,
                 PRSTATUS_REGS + 8 * PRSTATUS_NR_REGS) )
    {
        notes->cpus = must_realloc(notes->cpus, notes->nr_cpus + 1,
                                   sizeof(*notes->cpus));
        notes->cpus[notes->nr_cpus] = (struct cpu){};
        read_registers(note, &notes->cpus[notes->nr_cpus++]);
    }
    else if ( is_note(note, "Xen", NT_XEN_CRASH_REGS, 32) && notes->nr_cpus )
        read_control(note, &notes->cpus[notes->nr_cpus - 1]);
    else if ( is_note(note, "Xen", NT_XEN_CRASH_INFO, 80) )
    {
        notes->has_xen_info = true;
        read_xen_info(note, &notes->xen_info);
    }
    else if ( is_note(note, "VMCOREINFO_XEN", 0, 1) )
        read_vmcoreinfo(note, &notes->xen);
    else if ( is_note(note, "VMCOREINFO", 0, 1) )
        read_vmcoreinfo(note, &notes->dom0);
}

void notes_read(struct vmcore *vmcore, struct notes *notes)
{
    *notes = (struct notes){};
    notes->damaged = !vmcore_notes(vmcore, read_note, notes);
}

void notes_free(struct notes *notes)
{
    free(notes->cpus);
    text_free(&notes->xen.text);
    text_free(&notes->dom0.text);
}

const char *vmcoreinfo_value(const struct vmcoreinfo *info, const char *key,
                             size_t *bytes)
{
    const char *line = text_get(&info->text);
    size_t key_bytes = strlen(key);

    for ( ; *line; line += strcspn(line, "\n"), line += *line == '\n' )
        if ( !strncmp(line, key, key_bytes) && line[key_bytes] == '=' )
        {
            line += key_bytes + 1;
            *bytes = strcspn(line, "\n");
            return line;
        }

    return NULL;
}

bool vmcoreinfo_number(const struct vmcoreinfo *info, const char *kind,
                       const char *name, uint64_t *value)
{
    char key[128];
    const char *found;
    char *end;
    size_t bytes;

    snprintf(key, sizeof(key), "%s(%s)", kind, name);
    found = vmcoreinfo_value(info, key, &bytes);
    if ( !found || !bytes )
        return false;

    errno = 0;
    if ( !strcmp(kind, "SYMBOL") )
        *value = strtoull(found, &end, 16);
    else if ( *found == '-' )
        *value = strtoll(found, &end, 10);
    else
        *value = strtoull(found, &end, 10);

    return !errno && end == found + bytes;
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
