/* SPDX-License-Identifier: GPL-2.0-only */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <gelf.h>

#include "xensyms.h"

struct symbol {
    uint64_t va;
    const char *name;
};

struct xensyms {
    int fd;
    Elf *elf;
    Dwarf *dwarf;
    Dwarf_CFI *cfi;             /* NULL when there is none */
    struct symbol *symbols;     /* By address */
    size_t nr_symbols;
    char *build_id;
    char *source_top;           /* The folder that paths begin with, or NULL */
};

static int by_address(const void *a, const void *b)
{
    const struct symbol *sa = a, *sb = b;

    if ( sa->va != sb->va )
        return sa->va < sb->va ? -1 : 1;

    return strcmp(sa->name, sb->name);
}

static void add_symbols(struct xensyms *xensyms, Elf_Scn *scn,
                        const GElf_Shdr *shdr)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    size_t nr = data && shdr->sh_entsize ? data->d_size / shdr->sh_entsize : 0;
    GElf_Sym sym;
    size_t i;

    xensyms->symbols = must_realloc(xensyms->symbols,
                                    xensyms->nr_symbols + nr,
                                    sizeof(*xensyms->symbols));
    for ( i = 0; i < nr && gelf_getsym(data, i, &sym); i++ )
    {
        const char *name = elf_strptr(xensyms->elf, shdr->sh_link,
                                      sym.st_name);
        unsigned int type = GELF_ST_TYPE(sym.st_info);

        if ( name && *name && sym.st_shndx != SHN_UNDEF &&
             (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE) )
            xensyms->symbols[xensyms->nr_symbols++] =
                (struct symbol){ sym.st_value, name };
    }
}

static void read_symbols(struct xensyms *xensyms)
{
    Elf_Scn *scn = NULL;
    GElf_Shdr shdr;

    while ( (scn = elf_nextscn(xensyms->elf, scn)) )
        if ( gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_SYMTAB )
            add_symbols(xensyms, scn, &shdr);

    if ( xensyms->nr_symbols )
        qsort(xensyms->symbols, xensyms->nr_symbols,
              sizeof(*xensyms->symbols), by_address);
}

static void read_build_id(struct xensyms *xensyms)
{
    const void *id;
    ssize_t bytes = dwelf_elf_gnu_build_id(xensyms->elf, &id);
    struct text text = {};
    ssize_t i;

    for ( i = 0; i < bytes; i++ )
        text_add(&text, "%02x", ((const uint8_t *)id)[i]);
    xensyms->build_id = text.s;
}

/* What precedes the name of a file that every Xen has. */
static void find_source_top(struct xensyms *xensyms)
{
    static const char known[] = "common/kernel.c";
    Dwarf_CU *unit = NULL;
    Dwarf_Die cu;

    while ( !dwarf_get_units(xensyms->dwarf, unit, &unit, NULL, NULL, &cu,
                             NULL) )
    {
        const char *name = dwarf_diename(&cu);
        size_t bytes = name ? strlen(name) : 0;

        if ( bytes >= sizeof(known) &&
             !strcmp(name + bytes - (sizeof(known) - 1), known) &&
             name[bytes - sizeof(known)] == '/' )
        {
            xensyms->source_top = strndup(name, bytes - sizeof(known) + 1);
            return;
        }
    }
}

struct xensyms *xensyms_open(const char *path, struct text *error)
{
    struct xensyms *xensyms = must_alloc(1, sizeof(*xensyms));

    elf_version(EV_CURRENT);
    xensyms->fd = open(path, O_RDONLY | O_CLOEXEC);
    if ( xensyms->fd < 0 )
    {
        text_add(error, "%s: %s", path, strerror(errno));
        goto fail;
    }

    xensyms->elf = elf_begin(xensyms->fd, ELF_C_READ, NULL);
    if ( !xensyms->elf || elf_kind(xensyms->elf) != ELF_K_ELF )
    {
        text_add(error, "%s: not an ELF file", path);
        goto fail;
    }

    read_symbols(xensyms);
    if ( !xensyms->nr_symbols )
    {
        text_add(error, "%s: has no symbols", path);
        goto fail;
    }

    read_build_id(xensyms);
    xensyms->dwarf = dwarf_begin_elf(xensyms->elf, DWARF_C_READ, NULL);
    if ( xensyms->dwarf )
    {
        xensyms->cfi = dwarf_getcfi(xensyms->dwarf);
        find_source_top(xensyms);
    }

    return xensyms;

 fail:
    xensyms_close(xensyms);

    return NULL;
}

struct xensyms *xensyms_find(const char *folder, const char *build_id,
                             size_t digits, struct text *error)
{
    struct xensyms *xensyms = NULL;
    struct text path = {};

    /* The id comes from the dump: digits alone may get into a path. */
    if ( digits <= 2 || strspn(build_id, "0123456789abcdef") < digits )
        return NULL;

    text_add(&path, "%s/.build-id/%.2s/%.*s.debug", folder, build_id,
             (int)digits - 2, build_id + 2);
    if ( !access(text_get(&path), F_OK) )
        xensyms = xensyms_open(text_get(&path), error);
    text_free(&path);

    return xensyms;
}

void xensyms_close(struct xensyms *xensyms)
{
    if ( !xensyms )
        return;

    if ( xensyms->dwarf )
        dwarf_end(xensyms->dwarf);      /* Its call frame information too. */
    elf_end(xensyms->elf);
    if ( xensyms->fd >= 0 )
        close(xensyms->fd);
    free(xensyms->symbols);
    free(xensyms->build_id);
    free(xensyms->source_top);
    free(xensyms);
}

const char *xensyms_build_id(const struct xensyms *xensyms)
{
    return xensyms ? xensyms->build_id : NULL;
}

bool xensyms_symbol(const struct xensyms *xensyms, const char *name,
                    uint64_t *va)
{
    size_t i;

    for ( i = 0; xensyms && i < xensyms->nr_symbols; i++ )
        if ( !strcmp(xensyms->symbols[i].name, name) )
        {
            *va = xensyms->symbols[i].va;
            return true;
        }

    return false;
}

const char *xensyms_name(const struct xensyms *xensyms, uint64_t va,
                         uint64_t *start)
{
    size_t low = 0, high = xensyms ? xensyms->nr_symbols : 0;

    while ( low < high )
    {
        size_t mid = low + (high - low) / 2;

        if ( xensyms->symbols[mid].va <= va )
            low = mid + 1;
        else
            high = mid;
    }
    if ( !low )
        return NULL;

    *start = xensyms->symbols[low - 1].va;

    return xensyms->symbols[low - 1].name;
}

/*
 * Types
 */

/* The complete definition of "struct @name" in any unit. */
static bool find_struct(const struct xensyms *xensyms, const char *name,
                        Dwarf_Die *found)
{
    Dwarf_CU *unit = NULL;
    Dwarf_Die cu, die;

    if ( !xensyms || !xensyms->dwarf )
        return false;

    while ( !dwarf_get_units(xensyms->dwarf, unit, &unit, NULL, NULL, &cu,
                             NULL) )
    {
        if ( dwarf_child(&cu, &die) )
            continue;
        do {
            const char *its_name = dwarf_diename(&die);

            if ( dwarf_tag(&die) == DW_TAG_structure_type && its_name &&
                 !strcmp(its_name, name) && dwarf_bytesize(&die) > 0 )
            {
                *found = die;
                return true;
            }
        } while ( !dwarf_siblingof(&die, &die) );
    }

    return false;
}

bool xensyms_size(const struct xensyms *xensyms, const char *type,
                  uint64_t *size)
{
    Dwarf_Die die;

    if ( !find_struct(xensyms, type, &die) )
        return false;
    *size = dwarf_bytesize(&die);

    return true;
}

/* Go from the type @die to its member, @bytes of @name; add its offset. */
static bool enter_member(Dwarf_Die *die, const char *name, size_t bytes,
                         uint64_t *offset)
{
    Dwarf_Attribute attr;
    Dwarf_Word word;

    if ( dwarf_child(die, die) )
        return false;

    do {
        const char *its_name = dwarf_diename(die);

        if ( dwarf_tag(die) == DW_TAG_member && its_name &&
             strlen(its_name) == bytes && !strncmp(its_name, name, bytes) )
        {
            if ( !dwarf_attr(die, DW_AT_data_member_location, &attr) ||
                 dwarf_formudata(&attr, &word) )
                return false;
            *offset += word;

            return dwarf_attr(die, DW_AT_type, &attr) &&
                   dwarf_formref_die(&attr, die) &&
                   !dwarf_peel_type(die, die);
        }
    } while ( !dwarf_siblingof(die, die) );

    return false;
}

bool xensyms_offset(const struct xensyms *xensyms, const char *type,
                    const char *member, uint64_t *offset)
{
    Dwarf_Die die;
    size_t bytes;

    if ( !find_struct(xensyms, type, &die) )
        return false;

    *offset = 0;
    for ( ; *member; member += bytes + (member[bytes] == '.') )
    {
        bytes = strcspn(member, ".");
        if ( !enter_member(&die, member, bytes, offset) )
            return false;
    }

    return true;
}

const char *xensyms_line(const struct xensyms *xensyms, uint64_t va,
                         int *line)
{
    const char *path;
    Dwarf_Line *source;
    Dwarf_Die die;
    size_t top;

    if ( !xensyms || !xensyms->dwarf ||
         !dwarf_addrdie(xensyms->dwarf, va, &die) ||
         !(source = dwarf_getsrc_die(&die, va)) || dwarf_lineno(source, line) )
        return NULL;

    path = dwarf_linesrc(source, NULL, NULL);
    top = path && xensyms->source_top ? strlen(xensyms->source_top) : 0;

    return top && !strncmp(path, xensyms->source_top, top) ? path + top : path;
}

/*
 * Unwinding
 */

/* What an expression is evaluated with. */
struct machine {
    const uint64_t *regs;
    bool has_cfa;
    uint64_t cfa;
    bool (*read)(void *arg, uint64_t va, uint64_t *value);
    void *arg;
};

#define STACK_DEPTH 8

/* Push what the operation brings that takes nothing from the stack. */
static bool evaluate_push(const struct machine *machine, const Dwarf_Op *op,
                          uint64_t *value)
{
    unsigned int reg = op->atom - DW_OP_breg0;

    if ( op->atom == DW_OP_call_frame_cfa )
    {
        *value = machine->cfa;
        return machine->has_cfa;
    }

    if ( op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31 )
        *value = op->number;
    else if ( op->atom == DW_OP_bregx )
    {
        reg = op->number;
        *value = op->number2;
    }
    else
        return false;

    if ( reg >= NR_REGS )
        return false;
    *value += machine->regs[reg];

    return true;
}

/* DWARF 5, 2.5 and 6.4, as far as compilers use it for frames of C. */
static bool evaluate(const struct machine *machine, const Dwarf_Op *ops,
                     size_t nr_ops, uint64_t *result)
{
    uint64_t stack[STACK_DEPTH];
    unsigned int depth = 0;
    bool is_value = false;
    size_t i;

    for ( i = 0; i < nr_ops; i++ )
        switch ( ops[i].atom )
        {
        case DW_OP_plus_uconst:
            if ( !depth )
                return false;
            stack[depth - 1] += ops[i].number;
            break;

        case DW_OP_deref:
            if ( !depth || !machine->read(machine->arg, stack[depth - 1],
                                          &stack[depth - 1]) )
                return false;
            break;

        case DW_OP_plus:
            if ( depth < 2 )
                return false;
            depth--;
            stack[depth - 1] += stack[depth];
            break;

        case DW_OP_consts:
        case DW_OP_constu:
            if ( depth == STACK_DEPTH )
                return false;
            stack[depth++] = ops[i].number;
            break;

        case DW_OP_stack_value:
            is_value = true;
            break;

        default:
            if ( ops[i].atom >= DW_OP_lit0 && ops[i].atom <= DW_OP_lit31 &&
                 depth < STACK_DEPTH )
                stack[depth++] = ops[i].atom - DW_OP_lit0;
            else if ( depth < STACK_DEPTH &&
                      evaluate_push(machine, &ops[i], &stack[depth]) )
                depth++;
            else
                return false;
        }

    if ( !depth )
        return false;
    *result = stack[depth - 1];

    return is_value || !machine->has_cfa ||
           machine->read(machine->arg, *result, result);
}

/* What the register was in the caller.  DWARF 5, 6.4.1. */
static bool caller_register(const struct machine *machine, Dwarf_Frame *frame,
                            unsigned int reg, uint64_t *value)
{
    Dwarf_Op memory[3], *ops;
    size_t nr_ops;

    if ( dwarf_frame_register(frame, reg, memory, &ops, &nr_ops) )
        return false;

    /* No operations: the same value, or, if they are no array, undefined. */
    if ( !nr_ops )
    {
        *value = reg == REG_RSP ? machine->cfa : machine->regs[reg];
        return reg != REG_RIP;
    }

    return evaluate(machine, ops, nr_ops, value);
}

bool xensyms_unwind(const struct xensyms *xensyms, uint64_t va,
                    uint64_t regs[NR_REGS],
                    bool (*read)(void *arg, uint64_t va, uint64_t *value),
                    void *arg)
{
    struct machine machine = { .regs = regs, .read = read, .arg = arg };
    uint64_t caller[NR_REGS];
    Dwarf_Frame *frame;
    Dwarf_Op *ops;
    size_t nr_ops;
    unsigned int reg;
    bool good;

    if ( !xensyms || !xensyms->cfi ||
         dwarf_cfi_addrframe(xensyms->cfi, va, &frame) )
        return false;

    good = !dwarf_frame_cfa(frame, &ops, &nr_ops) && nr_ops &&
           evaluate(&machine, ops, nr_ops, &machine.cfa);
    machine.has_cfa = good;
    for ( reg = 0; good && reg < NR_REGS; reg++ )
        good = caller_register(&machine, frame, reg, &caller[reg]);
    free(frame);

    if ( good )
        memcpy(regs, caller, sizeof(caller));

    return good;
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
