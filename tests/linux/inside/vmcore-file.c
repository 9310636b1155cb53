/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of a dump: facts about it, its program headers and notes.
 */
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence.h"
#include "vmcore.h"

#define MAX_LOADS           256
#define MAX_FACTS           512

static int dump;
static uint64_t dump_size;
static Elf64_Ehdr head;
static Elf64_Phdr phdr[MAX_LOADS];

struct cpu cpus[MAX_CPUS];
unsigned int nr_cpus;
static unsigned int nr_control, nr_info, nr_xen;
struct crash_info info;
char *vmcoreinfo;

static char *fact[MAX_FACTS];
static unsigned int nr_facts;

/*
 * Checks
 */

static const char *checking;
bool bad;

void check(const char *name)
{
    checking = name;
    bad = false;
}

void wrong(const char *fmt, ...)
{
    va_list args;

    /* The first is enough. */
    if ( bad )
        return;
    bad = true;
    printf("%s ", checking);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
}

void checked(void)
{
    if ( !bad )
        printf("%s ok\n", checking);
}

/*
 * Facts
 */

void read_facts(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t room = 0;

    if ( !file )
    {
        perror(path);
        exit(1);
    }
    while ( nr_facts < MAX_FACTS &&
            getline(&fact[nr_facts], &room, file) > 0 )
    {
        fact[nr_facts][strcspn(fact[nr_facts], "\n")] = 0;
        nr_facts++;
        room = 0;
    }
    fclose(file);
}

const char *next_fact(const char *name, unsigned int *i)
{
    size_t len = strlen(name);

    for ( ; *i < nr_facts; (*i)++ )
        if ( !strncmp(fact[*i], name, len) && fact[*i][len] == ' ' )
            return fact[(*i)++] + len + 1;

    return NULL;
}

const char *only_fact(const char *name)
{
    unsigned int i = 0;

    return next_fact(name, &i);
}

uint64_t fact_number(const char *name)
{
    const char *text = only_fact(name);

    if ( !text )
        wrong("dom0 left no fact \"%s\"", name);

    return text ? strtoull(text, NULL, 0) : 0;
}

/*
 * Memory of the dump
 */

bool read_maddr(uint64_t maddr, void *to, size_t bytes)
{
    unsigned int i;

    for ( i = 0; i < head.e_phnum; i++ )
    {
        const Elf64_Phdr *p = &phdr[i];

        if ( p->p_type == PT_LOAD && maddr >= p->p_paddr &&
             maddr - p->p_paddr < p->p_filesz &&
             bytes <= p->p_filesz - (maddr - p->p_paddr) )
            return pread(dump, to, bytes, p->p_offset + maddr - p->p_paddr) ==
                   (ssize_t)bytes;
    }

    return false;
}

bool read_xen(uint64_t va, void *to, size_t bytes)
{
    if ( va - XEN_START < XEN_SIZE )
        return read_maddr(va - XEN_START + info.xen_phys_start, to, bytes);
    if ( va >= DIRECTMAP_START && va < HYPERVISOR_END )
        return read_maddr(va - DIRECTMAP_START, to, bytes);

    return false;
}

/* The first byte from start on that no header has; end if each is there. */
static uint64_t first_missing(uint64_t start, uint64_t end)
{
    unsigned int i;

    for ( i = 0; i < head.e_phnum && start < end; i++ )
        if ( phdr[i].p_type == PT_LOAD && start >= phdr[i].p_paddr &&
             start - phdr[i].p_paddr < phdr[i].p_filesz )
        {
            start = phdr[i].p_paddr + phdr[i].p_filesz;
            i = -1;
        }

    return start < end ? start : end;
}

/*
 * headers
 */

void open_dump(const char *path)
{
    struct stat st;

    dump = open(path, O_RDONLY);
    if ( dump < 0 || fstat(dump, &st) ||
         pread(dump, &head, sizeof(head), 0) != sizeof(head) )
    {
        perror(path);
        exit(1);
    }
    dump_size = S_ISBLK(st.st_mode) ? lseek(dump, 0, SEEK_END) : st.st_size;

    if ( memcmp(head.e_ident, ELFMAG, SELFMAG) || head.e_type != ET_CORE ||
         head.e_ident[EI_CLASS] != ELFCLASS64 ||
         head.e_machine != EM_X86_64 ||
         head.e_phentsize != sizeof(phdr[0]) || head.e_phnum > MAX_LOADS ||
         pread(dump, phdr, head.e_phnum * sizeof(phdr[0]), head.e_phoff) !=
         (ssize_t)(head.e_phnum * sizeof(phdr[0])) )
    {
        wrong("no core file of this processor");
        checked();
        exit(0);
    }
}

void check_headers(void)
{
    uint64_t area_start = 0, area_end = 0, start, end, missing;
    unsigned int i, notes = 0, ranges = 0, at = 0;
    const char *text = only_fact("area");

    if ( !text || sscanf(text, "%" SCNi64 " %" SCNi64, (int64_t *)&area_start,
                         (int64_t *)&area_end) != 2 )
        wrong("dom0 left no fact \"area\"");

    for ( i = 0; i < head.e_phnum; i++ )
    {
        const Elf64_Phdr *p = &phdr[i];

        notes += p->p_type == PT_NOTE;
        if ( p->p_offset > dump_size || p->p_filesz > dump_size - p->p_offset )
            wrong("header %u ends at %#" PRIx64 ", the file at %#" PRIx64, i,
                  p->p_offset + p->p_filesz, dump_size);
        if ( p->p_type == PT_LOAD && p->p_paddr < area_end &&
             p->p_paddr + p->p_filesz > area_start )
            wrong("header %u has a part of the crash area", i);
    }
    if ( notes != 1 )
        wrong("%u headers of notes", notes);

    while ( (text = next_fact("ram", &at)) )
    {
        if ( sscanf(text, "%" SCNi64 " %" SCNi64, (int64_t *)&start,
                    (int64_t *)&end) != 2 )
            continue;
        ranges++;
        /* A page that is memory in part only is no use to anyone. */
        end &= -(uint64_t)PAGE_SIZE;
        for ( ; start < end; start = missing )
        {
            missing = first_missing(start, end);
            if ( missing == area_start )
                missing = area_end;
            else if ( missing < end )
            {
                wrong("memory at %#" PRIx64 " is in no header", missing);
                break;
            }
        }
    }
    if ( !ranges )
        wrong("dom0 left no fact \"ram\"");
}

/*
 * notes
 */

static void note(const char *name, uint32_t type, const char *desc,
                 uint32_t bytes)
{
    if ( !strcmp(name, "CORE") && type == NT_PRSTATUS )
    {
        if ( bytes != PRSTATUS_SIZE )
            wrong("a register note of %u bytes", bytes);
        else if ( nr_cpus < MAX_CPUS )
            memcpy(cpus[nr_cpus++].reg, desc + PRSTATUS_REGS,
                   sizeof(cpus[0].reg));
    }
    else if ( !strcmp(name, "Xen") && type == NOTE_CRASH_REGS )
    {
        if ( bytes != sizeof(cpus[0].control) )
            wrong("a control register note of %u bytes", bytes);
        else if ( nr_control < MAX_CPUS )
            memcpy(&cpus[nr_control++].control, desc, bytes);
    }
    else if ( !strcmp(name, "Xen") && type == NOTE_CRASH_INFO )
    {
        nr_info++;
        memcpy(&info, desc, bytes < sizeof(info) ? bytes : sizeof(info));
        if ( bytes != sizeof(info) )
            wrong("a note about Xen of %u bytes", bytes);
    }
    else if ( !strcmp(name, "VMCOREINFO_XEN") )
    {
        nr_xen++;
        vmcoreinfo = strndup(desc, bytes);
    }
}

static void walk_notes(const char *p, const char *end)
{
    Elf64_Nhdr n;

    while ( (size_t)(end - p) >= sizeof(n) )
    {
        const char *name, *desc;
        uint64_t size;

        memcpy(&n, p, sizeof(n));
        name = p + sizeof(n);
        size = sizeof(n) + ((n.n_namesz + 3ull) & ~3ull) +
               ((n.n_descsz + 3ull) & ~3ull);
        /* What is left of the last page is zeroes. */
        if ( !n.n_namesz )
            break;
        if ( size > (size_t)(end - p) || name[n.n_namesz - 1] )
        {
            wrong("a note is cut short");
            break;
        }
        desc = name + ((n.n_namesz + 3ull) & ~3ull);
        note(name, n.n_type, desc, n.n_descsz);
        p += size;
    }
}

void check_notes(void)
{
    unsigned int i;

    for ( i = 0; i < head.e_phnum; i++ )
        if ( phdr[i].p_type == PT_NOTE )
        {
            char *notes = calloc(1, phdr[i].p_filesz + 1);

            if ( !notes || pread(dump, notes, phdr[i].p_filesz,
                                 phdr[i].p_offset) !=
                           (ssize_t)phdr[i].p_filesz )
                wrong("cannot be read");
            else
                walk_notes(notes, notes + phdr[i].p_filesz);
            free(notes);
        }

    if ( nr_cpus != fact_number("cpus") || nr_control != nr_cpus )
        wrong("%u register notes and %u of control registers on %" PRIu64
              " CPUs", nr_cpus, nr_control, fact_number("cpus"));
    if ( nr_info != 1 || nr_xen != 1 )
        wrong("%u notes about Xen, %u of its vmcoreinfo", nr_info, nr_xen);
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
