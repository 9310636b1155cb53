/* SPDX-License-Identifier: GPL-2.0-only */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "made.h"
#include "outdir.h"

#define PRESENT 0x3
#define LARGE   0x80

/* Linux: a struct of the test's own, described by its vmcoreinfo. */
const char made_dom0_vmcoreinfo[] =
    "OSRELEASE=6.12\n"
    "SYMBOL(swapper_pg_dir)=ffffffff80001000\n"
    "NUMBER(phys_base)=0\n"
    "SYMBOL(prb)=ffffffff80005000\n"
    "OFFSET(printk_ringbuffer.desc_ring)=16\n"
    "OFFSET(printk_ringbuffer.text_data_ring)=96\n"
    "OFFSET(prb_desc_ring.count_bits)=0\n"
    "OFFSET(prb_desc_ring.descs)=8\n"
    "OFFSET(prb_desc_ring.infos)=16\n"
    "OFFSET(prb_desc_ring.head_id)=24\n"
    "OFFSET(prb_desc_ring.tail_id)=32\n"
    "OFFSET(atomic_long_t.counter)=0\n"
    "SIZE(prb_desc)=24\n"
    "SIZE(printk_info)=32\n"
    "OFFSET(prb_desc.state_var)=0\n"
    "OFFSET(prb_desc.text_blk_lpos)=8\n"
    "OFFSET(prb_data_blk_lpos.begin)=0\n"
    "OFFSET(prb_data_blk_lpos.next)=8\n"
    "OFFSET(printk_info.ts_nsec)=8\n"
    "OFFSET(printk_info.text_len)=16\n"
    "OFFSET(prb_data_ring.size_bits)=0\n"
    "OFFSET(prb_data_ring.data)=8\n"
    "SYMBOL(kallsyms_offsets)=ffffffff80008000\n"
    "SYMBOL(kallsyms_num_syms)=ffffffff80008020\n"
    "SYMBOL(kallsyms_relative_base)=ffffffff80008028\n"
    "SYMBOL(kallsyms_names)=ffffffff80008040\n"
    "SYMBOL(kallsyms_token_index)=ffffffff80008200\n"
    "SYMBOL(kallsyms_token_table)=ffffffff80008400\n"
    "KERNELOFFSET=0\n";

uint8_t *made_at(struct made *made, uint64_t maddr)
{
    if ( maddr - IMAGE_MADDR < sizeof(made->image) )
        return made->image + (maddr - IMAGE_MADDR);
    assert(maddr - HEAP_MADDR < sizeof(made->heap));

    return made->heap + (maddr - HEAP_MADDR);
}

uint8_t *made_at_va(struct made *made, uint64_t va)
{
    return made_at(made, va >= DIRECT_MAP ? va - DIRECT_MAP
                                          : va - VIRT_START + PHYS_START);
}

void made_u64(struct made *made, uint64_t maddr, uint64_t value)
{
    memcpy(made_at(made, maddr), &value, sizeof(value));
}

void made_u32(struct made *made, uint64_t maddr, uint32_t value)
{
    memcpy(made_at(made, maddr), &value, sizeof(value));
}

void made_u64_va(struct made *made, uint64_t va, uint64_t value)
{
    memcpy(made_at_va(made, va), &value, sizeof(value));
}

void made_u32_va(struct made *made, uint64_t va, uint32_t value)
{
    memcpy(made_at_va(made, va), &value, sizeof(value));
}

static unsigned int slot(uint64_t va, unsigned int level)
{
    return (va >> (12 + 9 * (level - 1))) & 511;
}

static void make_page_tables(struct made *made)
{
    made_u64(made, ROOT_MADDR + 8 * slot(IMAGE_VA, 4), IMAGE_L3 | PRESENT);
    made_u64(made, IMAGE_L3 + 8 * slot(IMAGE_VA, 3), IMAGE_L2 | PRESENT);
    made_u64(made, IMAGE_L2 + 8 * slot(IMAGE_VA, 2),
             IMAGE_MADDR | PRESENT | LARGE);

    made_u64(made, ROOT_MADDR + 8 * slot(HEAP_VA, 4), DIRECT_L3 | PRESENT);
    made_u64(made, DIRECT_L3 + 8 * slot(HEAP_VA, 3), DIRECT_L2 | PRESENT);
    made_u64(made, DIRECT_L2 + 8 * slot(HEAP_VA, 2),
             HEAP_MADDR | PRESENT | LARGE);
}

/* A name: its length in tokens, which are characters here. */
static size_t make_name(struct made *made, size_t at, const char *name)
{
    *made_at_va(made, SYM_NAMES_VA + at) = strlen(name);
    memcpy(made_at_va(made, SYM_NAMES_VA + at + 1), name, strlen(name));

    return at + 1 + strlen(name);
}

/* Token n is the character n; the type, "T", is the first one of a name. */
static void make_symbols(struct made *made)
{
    static const char *const names[] = {
        "T_stext", "Tfn1", "Tfn2", "tfn3.c#fn3", "Tkexec_crash",
    };
    const unsigned int nr = sizeof(names) / sizeof(*names);
    unsigned int i;
    size_t at = 0;

    made_u32_va(made, NUM_SYMS_VA, nr);
    for ( i = 0; i < nr; i++ )
    {
        made_u32_va(made, SYM_OFFSETS_VA + 4 * i,
                    FUNCTION_VA(i) - VIRT_START);
        at = make_name(made, at, names[i]);
    }

    for ( i = 0; i < 256; i++ )
    {
        *made_at_va(made, TOKEN_TABLE_VA + 2 * i) = i;
        *made_at_va(made, TOKEN_INDEX_VA + 2 * i) = 2 * i;
        *made_at_va(made, TOKEN_INDEX_VA + 2 * i + 1) = 2 * i >> 8;
    }

    /* In each function, a call whose 5 bytes end at RETURN_TO(). */
    for ( i = 0; i < nr; i++ )
        *made_at_va(made, RETURN_TO(i) - 5) = 0xe8;
}

static void make_vcpu(struct made *made, unsigned int n, unsigned int v)
{
    uint64_t va = VCPU_VA(n, v);
    unsigned int i;

    made_u64_va(made, VCPUS_VA(n) + 8 * v, va);
    made_u32_va(made, va, v);                   /* vcpu_id */
    made_u32_va(made, va + 4, v);               /* processor */
    made_u64_va(made, va + 8, DOMAIN_VA(n));    /* domain */
    made_u32_va(made, va + 16, 2);              /* runstate: blocked */
    made_u32_va(made, va + 20, ~0U);            /* dirty_cpu: none */
    made_u64_va(made, va + 24, 1);              /* pause_flags: blocked */
    for ( i = 0; i < 21; i++ )                  /* arch.user_regs */
        made_u64_va(made, va + 64 + 8 * i, 0x70000 * (n + 1) + i);
}

static void make_domain(struct made *made, unsigned int n, uint16_t id,
                        uint64_t next)
{
    uint64_t va = DOMAIN_VA(n);
    unsigned int i;

    memcpy(made_at_va(made, va), &id, sizeof(id));
    made_u32_va(made, va + 4, 4);               /* max_vcpus */
    made_u64_va(made, va + 16, VCPUS_VA(n));
    made_u32_va(made, va + 24, 0x1000 * (n + 1));   /* tot_pages */
    made_u64_va(made, va + 48, next);
    for ( i = 0; i < 16; i++ )                  /* handle */
        *made_at_va(made, va + 64 + i) = id ? 0x10 * n + i : 0;
    make_vcpu(made, n, 0);
    make_vcpu(made, n, 1);
}

static void make_cpu(struct made *made, unsigned int cpu, uint64_t current)
{
    uint64_t top = STACK_VA(cpu) + STACK_BYTES;
    unsigned int i;

    for ( i = 0; i < 27; i++ )
        made->regs[cpu][i] = 0x1111 * (i + 1);
    made->regs[cpu][16] = FUNCTION_VA(1) + 0x10 + cpu;  /* rip */
    made->regs[cpu][17] = 0xe008;                       /* cs */
    made->regs[cpu][19] = top - 0x800;                  /* rsp */
    made->control[cpu][3] = 0x150660;
    made->control[cpu][2] = ROOT_MADDR;

    made_u64_va(made, STACK_BASE_VA + 8 * cpu, STACK_VA(cpu));
    made_u64_va(made, top - CPU_INFO_BYTES + 208, current);
    /* What looks like text, and what has been returned to. */
    made_u64_va(made, top - 0x7f0, FUNCTION_VA(2) + 0x10);
    made_u64_va(made, top - 0x7e8, RETURN_TO(2));
    made_u64_va(made, top - 0x700, RETURN_TO(3));
}

/*
 * The kernel's symbols: a variable of each CPU is absolute, code relative.
 * vCPU 0 is in do_a(), which do_b() has called.
 */
static void make_kernel(struct made *made)
{
    static const struct {
        const char *name;
        unsigned int at;        /* In the page of code; 0: absolute */
    } symbols[] = {
        { "Apercpu", 0 }, { "T_stext", 0x10 }, { "tdo_a", 0x100 },
        { "Dvariable", 0x180 }, { "Tdo_b", 0x200 }, { "T_etext", 0x400 },
    };
    const unsigned int nr = sizeof(symbols) / sizeof(*symbols);
    const uint64_t page = DOM0_MADDR(PFN_SYMS), code = DOM0_MADDR(PFN_KERNEL);
    unsigned int i, at = 0x40;

    made_u32(made, page + 0x20, nr);
    made_u64(made, page + 0x28, DOM0_CODE(0));
    for ( i = 0; i < nr; i++ )
    {
        made_u32(made, page + 4 * i, symbols[i].at ? ~symbols[i].at : 0);
        *made_at(made, page + at) = strlen(symbols[i].name);
        memcpy(made_at(made, page + at + 1), symbols[i].name,
               strlen(symbols[i].name));
        at += 1 + strlen(symbols[i].name);
    }
    for ( i = 0; i < 256; i++ )
    {
        *made_at(made, page + 0x200 + 2 * i) = 2 * i;
        *made_at(made, page + 0x200 + 2 * i + 1) = 2 * i >> 8;
        *made_at(made, page + 0x400 + 2 * i) = i;
    }

    *made_at(made, code + 0x220) = 0xe8;
    made_u64(made, code + 0x800, 0x1234);
    made_u64(made, code + 0x808, DOM0_CODE(0x225));
    made_u64(made, code + 0x810, DOM0_CODE(0x226));
    made_u64_va(made, VCPU_VA(0, 0) + 64 + 8 * 16, DOM0_CODE(0x110));
    made_u64_va(made, VCPU_VA(0, 0) + 64 + 8 * 19, DOM0_STACK);
}

static void make_dom0(struct made *made)
{
    unsigned int pfn, i;

    for ( i = 0; i < 512; i++ )
        made_u64(made, P2M_LEAF + 8 * i, ~0ULL);
    for ( pfn = 0; pfn < DOM0_PAGES; pfn++ )
    {
        made_u64(made, P2M_LEAF + 8 * pfn, DOM0_MADDR(pfn) >> 12);
        made_u64(made, DOM0_MADDR(PFN_L1) + 8 * pfn,
                 DOM0_MADDR(pfn) | PRESENT);
    }
    made_u64(made, P2M_TOP, P2M_MID >> 12);
    made_u64(made, P2M_MID, P2M_LEAF >> 12);

    made_u64(made, DOM0_MADDR(PFN_ROOT) + 8 * slot(DOM0_VA(0), 4),
             DOM0_MADDR(PFN_L3) | PRESENT);
    made_u64(made, DOM0_MADDR(PFN_L3) + 8 * slot(DOM0_VA(0), 3),
             DOM0_MADDR(PFN_L2) | PRESENT);
    made_u64(made, DOM0_MADDR(PFN_L2) + 8 * slot(DOM0_VA(0), 2),
             DOM0_MADDR(PFN_L1) | PRESENT);

    made_u32(made, DOM0_MADDR(PFN_NOTE), sizeof("VMCOREINFO"));
    made_u32(made, DOM0_MADDR(PFN_NOTE) + 4, sizeof(made_dom0_vmcoreinfo));
    strcpy((char *)made_at(made, DOM0_MADDR(PFN_NOTE) + 12), "VMCOREINFO");
    strcpy((char *)made_at(made, DOM0_MADDR(PFN_NOTE) + 24),
           made_dom0_vmcoreinfo);

#define DOM0(va) (DOM0_MADDR(0) + ((va) - DOM0_VA(0)))
    made_u64(made, DOM0_MADDR(PFN_PRB), PRB_VA);
    made_u32(made, DOM0(PRB_VA + 16), PRB_DESC_BITS);
    made_u64(made, DOM0(PRB_VA + 16 + 8), PRB_DESCS_VA);
    made_u64(made, DOM0(PRB_VA + 16 + 16), PRB_INFOS_VA);
    made_u64(made, DOM0(PRB_VA + 16 + 24), 9);      /* head */
    made_u64(made, DOM0(PRB_VA + 16 + 32), 8);      /* tail */
    made_u32(made, DOM0(PRB_VA + 96), 12);          /* 4 KiB of text */
    made_u64(made, DOM0(PRB_VA + 96 + 8), DOM0_VA(PFN_TEXT));

    made_log(made, 8, LOG_FINALIZED, 0, 32, "dom0 is here");
    made_log(made, 9, LOG_COMMITTED, 32, 64, "dom0 was here");
}

void made_log(struct made *made, unsigned int id, unsigned int state,
              uint64_t begin, uint64_t next, const char *text)
{
    unsigned int index = id & ((1u << PRB_DESC_BITS) - 1);
    uint64_t desc = DOM0(PRB_DESCS_VA + 24 * index);
    uint64_t info = DOM0(PRB_INFOS_VA + 32 * index);
    uint64_t at = begin % PAGE + strlen(text) > PAGE ? 0 : begin % PAGE;

    made_u64(made, desc, (uint64_t)state << 62 | id);
    made_u64(made, desc + 8, begin);
    made_u64(made, desc + 16, next);
    made_u64(made, info + 8, 1000000000ULL * id + 5000);
    made_u32(made, info + 16, strlen(text));
    memcpy(made_at(made, DOM0_MADDR(PFN_TEXT) + at + 8), text, strlen(text));
}

static void describe(struct made *made)
{
    snprintf(made->vmcoreinfo, sizeof(made->vmcoreinfo),
             "PAGESIZE=4096\nOSRELEASE=4.20.1-made\nBUILD-ID=0123abcd\n"
             "NUMBER(XEN_VIRT_START)=%lld\nNUMBER(STACK_SIZE)=%d\n"
             "SYMBOL(_stext)=%llx\nSYMBOL(_etext)=%llx\nSYMBOL(pgd_l4)=%llx\n"
             "SYMBOL(domain_list)=%llx\nSYMBOL(crashing_cpu)=%llx\n"
             "SYMBOL(conring)=%llx\nSYMBOL(conring_size)=%llx\n"
             "SYMBOL(conringp)=%llx\nSYMBOL(conringc)=%llx\n"
             "SYMBOL(stack_base)=%llx\nSYMBOL(symbols_num_syms)=%llx\n"
             "SYMBOL(symbols_offsets)=%llx\nSYMBOL(symbols_names)=%llx\n"
             "SYMBOL(symbols_token_table)=%llx\n"
             "SYMBOL(symbols_token_index)=%llx\n"
             "SIZE(cpu_info)=%d\nOFFSET(cpu_info.current_vcpu)=208\n"
             "OFFSET(domain.domain_id)=0\nOFFSET(domain.max_vcpus)=4\n"
             "OFFSET(domain.vcpu)=16\nOFFSET(domain.tot_pages)=24\n"
             "OFFSET(domain.is_dying)=28\nOFFSET(domain.is_shut_down)=32\n"
             "OFFSET(domain.shutdown_code)=36\n"
             "OFFSET(domain.next_in_list)=48\n"
             "OFFSET(domain.handle)=64\nOFFSET(domain.options)=80\n"
             "OFFSET(domain.pause_count)=84\n"
             "OFFSET(vcpu.vcpu_id)=0\nOFFSET(vcpu.domain)=8\n"
             "OFFSET(vcpu.processor)=4\nOFFSET(vcpu.dirty_cpu)=20\n"
             "OFFSET(vcpu.runstate.state)=16\nOFFSET(vcpu.pause_flags)=24\n"
             "OFFSET(vcpu.pause_count)=32\nOFFSET(vcpu.arch.user_regs)=64\n"
             "OFFSET(cpu_info.guest_cpu_user_regs)=0\n",
             (long long)VIRT_START, STACK_BYTES, TEXT_VA, TEXT_END_VA,
             ROOT_MADDR - PHYS_START + VIRT_START, DOMAIN_LIST_VA,
             CRASHING_CPU_VA, CONRING_VA, CONRING_SIZE_VA, CONRINGP_VA,
             CONRINGC_VA, STACK_BASE_VA, NUM_SYMS_VA, SYM_OFFSETS_VA,
             SYM_NAMES_VA, TOKEN_TABLE_VA, TOKEN_INDEX_VA, CPU_INFO_BYTES);
}

void made_start(struct made *made)
{
    memset(made, 0, sizeof(*made));
    made->fd = -1;

    make_page_tables(made);
    make_symbols(made);
    make_domain(made, 0, 0, DOMAIN_VA(1));
    make_domain(made, 1, 7, 0);
    make_domain(made, IDLE_DOMAIN, DOMID_IDLE, 0);
    make_cpu(made, 0, VCPU_VA(1, 1));
    make_cpu(made, 1, VCPU_VA(IDLE_DOMAIN, 1));
    make_dom0(made);
    make_kernel(made);

    made_u64_va(made, DOMAIN_LIST_VA, DOMAIN_VA(0));
    made_u32_va(made, CRASHING_CPU_VA, 0);
    made_u64_va(made, CONRING_VA, RING_VA);
    made_u32_va(made, CONRING_SIZE_VA, RING_BYTES);
    made_say(made, "(XEN) up and running\n"
                   "(XEN) 'C' pressed -> triggering crashdump\n");

    made->xen_info[0] = 4;
    made->xen_info[1] = 20;
    made->xen_info[8] = PHYS_START;
    made->xen_info[9] = P2M_TOP >> 12;
    describe(made);
}

void made_end(struct made *made)
{
    free(made->file);
    if ( made->fd >= 0 )
        close(made->fd);
    made->file = NULL;
    made->fd = -1;
}

void made_forget(struct made *made, const char *start)
{
    char *line = strstr(made->vmcoreinfo, start), *next;

    assert(line && (line == made->vmcoreinfo || line[-1] == '\n'));
    next = strchr(line, '\n') + 1;
    memmove(line, next, strlen(next) + 1);
}

void made_say(struct made *made, const char *text)
{
    uint32_t produced;

    memcpy(&produced, made_at_va(made, CONRINGP_VA), sizeof(produced));
    while ( *text )
        *made_at_va(made, RING_VA + produced++ % RING_BYTES) = *text++;
    made_u32_va(made, CONRINGP_VA, produced);
}

/*
 * The file
 */

static void add_note(struct text *notes, const char *name, uint32_t type,
                     const void *contents, size_t bytes)
{
    const Elf64_Nhdr nhdr = {
        .n_namesz = strlen(name) + 1, .n_descsz = bytes, .n_type = type,
    };
    static const char padding[4];

    text_add_bytes(notes, &nhdr, sizeof(nhdr));
    text_add_bytes(notes, name, nhdr.n_namesz);
    text_add_bytes(notes, padding, -nhdr.n_namesz & 3);
    text_add_bytes(notes, contents, bytes);
    text_add_bytes(notes, padding, -bytes & 3);
}

static void add_notes(struct made *made, struct text *notes)
{
    uint8_t status[336] = {};
    unsigned int cpu;

    for ( cpu = 0; cpu < MADE_CPUS && !made->no_cpus; cpu++ )
    {
        memcpy(status + 112, made->regs[cpu], sizeof(made->regs[cpu]));
        add_note(notes, "CORE", NT_PRSTATUS, status, sizeof(status));
        add_note(notes, "Xen", 0x1000002, made->control[cpu],
                 sizeof(made->control[cpu]));
        if ( !cpu && !made->no_xen_info )
            add_note(notes, "Xen", 0x1000001, made->xen_info,
                     sizeof(made->xen_info));
    }
    if ( made->dom0_note )
        add_note(notes, "VMCOREINFO", 0, made->dom0_note,
                 strlen(made->dom0_note));
    if ( !made->no_vmcoreinfo )
        add_note(notes, "VMCOREINFO_XEN", 0, made->vmcoreinfo,
                 sizeof(made->vmcoreinfo));
}

#define NR_PHDRS 4

void made_file(struct made *made)
{
    const Elf64_Ehdr ehdr = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
                     ELFDATA2LSB, EV_CURRENT },
        .e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
        .e_phoff = sizeof(ehdr), .e_ehsize = sizeof(ehdr),
        .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = NR_PHDRS,
    };
    Elf64_Phdr phdrs[NR_PHDRS] = {
        { .p_type = PT_NOTE },
        { .p_type = PT_LOAD, .p_paddr = IMAGE_MADDR,
          .p_filesz = sizeof(made->image), .p_memsz = sizeof(made->image) },
        { .p_type = PT_LOAD, .p_paddr = HEAP_MADDR,
          .p_filesz = sizeof(made->heap), .p_memsz = sizeof(made->heap) },
        { .p_type = PT_LOAD, .p_paddr = ZEROS_MADDR, .p_memsz = PAGE },
    };
    struct text file = {}, notes = {};

    add_notes(made, &notes);
    phdrs[0].p_offset = sizeof(ehdr) + sizeof(phdrs);
    phdrs[0].p_filesz = phdrs[0].p_memsz = notes.used;
    phdrs[1].p_offset = phdrs[0].p_offset + notes.used;
    phdrs[2].p_offset = phdrs[1].p_offset + sizeof(made->image);
    phdrs[3].p_offset = phdrs[2].p_offset + sizeof(made->heap);

    text_add_bytes(&file, &ehdr, sizeof(ehdr));
    text_add_bytes(&file, phdrs, sizeof(phdrs));
    text_add_bytes(&file, text_get(&notes), notes.used);
    text_add_bytes(&file, made->image, sizeof(made->image));
    text_add_bytes(&file, made->heap, sizeof(made->heap));
    made->notes_at = phdrs[0].p_offset;
    made->notes_bytes = notes.used;
    text_free(&notes);

    free(made->file);
    made->file = (uint8_t *)file.s;
    made->bytes = file.used;
}

const char *made_path(struct made *made, char path[32])
{
    if ( !made->file )
        made_file(made);
    if ( made->fd < 0 )
        made->fd = memfd_create("vmcore", 0);
    assert(made->fd >= 0 && !ftruncate(made->fd, made->bytes));
    assert(pwrite(made->fd, made->file, made->bytes, 0) ==
           (ssize_t)made->bytes);
    snprintf(path, 32, "/proc/self/fd/%d", made->fd);

    return path;
}

static char *printed(const struct report *report, bool json)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    assert(out);
    if ( json )
        report_print_json(report, out);
    else
        report_print_text(report, 0, out);
    fclose(out);

    return text;
}

const char *made_dom0_symbols;
bool made_stack_words;

struct result made_report(struct made *made)
{
    return made_report_to(made, NULL);
}

struct result made_report_to(struct made *made, const char *folder)
{
    struct result result = { .status = 2 };
    struct report report;
    struct dump dump;
    char path[32];

    if ( !dump_open(&dump, made_path(made, path), made->xensyms,
                    &result.error) )
        return result;

    report_make(&dump, made_dom0_symbols, &report);
    report.stack_words = made_stack_words;
    result.status = dump.problems.used ? 1 : 0;
    result.files = folder && outdir_write(&report, folder, &result.error);
    result.text = printed(&report, false);
    result.json = printed(&report, true);
    report_free(&report);
    dump_close(&dump);

    return result;
}

void made_result_free(struct result *result)
{
    free(result->text);
    free(result->json);
    text_free(&result->error);
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
