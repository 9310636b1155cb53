/* SPDX-License-Identifier: GPL-2.0-only */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gelf.h>

#include "vmcore.h"

/* More than the notes of the largest host need: 16384 CPUs of 1 KiB. */
#define MAX_NOTES_BYTES (64u << 20)

/* A program header, with what the file really has of it. */
struct chunk {
    uint64_t maddr, bytes;
    uint64_t offset, in_file;
};

struct vmcore {
    int fd;
    Elf *elf;
    uint64_t file_bytes;
    struct chunk *memory, *notes;
    size_t nr_memory, nr_notes;
    uint64_t missing;
};

static void add_chunk(struct chunk **array, size_t *nr, struct chunk chunk)
{
    *array = must_realloc(*array, *nr + 1, sizeof(chunk));
    (*array)[(*nr)++] = chunk;
}

/* What the header promises, cut to what there is. */
static struct chunk chunk_of(struct vmcore *vmcore, const GElf_Phdr *phdr)
{
    struct chunk chunk = {
        .maddr = phdr->p_paddr,
        .bytes = phdr->p_memsz > phdr->p_filesz ? phdr->p_memsz
                                                : phdr->p_filesz,
        .offset = phdr->p_offset,
        .in_file = phdr->p_filesz,
    };
    uint64_t there = chunk.offset < vmcore->file_bytes
                     ? vmcore->file_bytes - chunk.offset : 0;

    if ( chunk.in_file > there )
    {
        vmcore->missing += chunk.in_file - there;
        chunk.in_file = there;
        chunk.bytes = there;
    }
    /* No address beyond the last one. */
    if ( chunk.bytes > -chunk.maddr && chunk.maddr )
        chunk.bytes = -chunk.maddr;
    if ( chunk.in_file > chunk.bytes )
        chunk.in_file = chunk.bytes;

    return chunk;
}

static bool read_headers(struct vmcore *vmcore, struct text *error)
{
    GElf_Ehdr ehdr;
    GElf_Phdr phdr;
    size_t nr, i;

    if ( elf_kind(vmcore->elf) != ELF_K_ELF ||
         !gelf_getehdr(vmcore->elf, &ehdr) )
    {
        text_add(error, "not an ELF file");
        return false;
    }

    if ( ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
         ehdr.e_ident[EI_DATA] != ELFDATA2LSB ||
         ehdr.e_machine != EM_X86_64 || ehdr.e_type != ET_CORE )
    {
        text_add(error, "an ELF file, but no core file of a 64-bit x86 host");
        return false;
    }

    if ( elf_getphdrnum(vmcore->elf, &nr) || !nr )
    {
        text_add(error, "has no program headers");
        return false;
    }

    for ( i = 0; i < nr; i++ )
    {
        if ( !gelf_getphdr(vmcore->elf, i, &phdr) )
        {
            text_add(error, "program header %zu of %zu cannot be read", i, nr);
            return false;
        }
        if ( phdr.p_type == PT_LOAD )
            add_chunk(&vmcore->memory, &vmcore->nr_memory,
                      chunk_of(vmcore, &phdr));
        else if ( phdr.p_type == PT_NOTE )
            add_chunk(&vmcore->notes, &vmcore->nr_notes,
                      chunk_of(vmcore, &phdr));
    }

    if ( !vmcore->nr_notes )
    {
        text_add(error, "has no notes, so nothing says whose dump it is");
        return false;
    }

    return true;
}

struct vmcore *vmcore_open(const char *path, struct text *error)
{
    struct vmcore *vmcore = must_alloc(1, sizeof(*vmcore));
    struct stat stat;

    elf_version(EV_CURRENT);
    vmcore->fd = open(path, O_RDONLY | O_CLOEXEC);
    if ( vmcore->fd < 0 || fstat(vmcore->fd, &stat) )
    {
        text_add(error, "%s", strerror(errno));
        goto fail;
    }
    vmcore->file_bytes = stat.st_size;

    vmcore->elf = elf_begin(vmcore->fd, ELF_C_READ, NULL);
    if ( !vmcore->elf )
    {
        text_add(error, "%s", elf_errmsg(-1));
        goto fail;
    }

    if ( read_headers(vmcore, error) )
        return vmcore;

 fail:
    vmcore_close(vmcore);

    return NULL;
}

void vmcore_close(struct vmcore *vmcore)
{
    if ( !vmcore )
        return;

    elf_end(vmcore->elf);
    if ( vmcore->fd >= 0 )
        close(vmcore->fd);
    free(vmcore->memory);
    free(vmcore->notes);
    free(vmcore);
}

static bool read_file(const struct vmcore *vmcore, uint64_t offset, void *to,
                      size_t bytes)
{
    while ( bytes )
    {
        ssize_t done = pread(vmcore->fd, to, bytes, offset);

        if ( done < 0 && errno == EINTR )
            continue;
        if ( done <= 0 )
            return false;
        to = (char *)to + done;
        offset += done;
        bytes -= done;
    }

    return true;
}

/* Read what the chunk has of it, at least a byte; how much that was. */
static size_t read_chunk(const struct vmcore *vmcore,
                         const struct chunk *chunk, uint64_t maddr, void *to,
                         size_t bytes)
{
    uint64_t at = maddr - chunk->maddr;
    uint64_t there = chunk->in_file > at ? chunk->in_file - at : 0;

    if ( bytes > chunk->bytes - at )
        bytes = chunk->bytes - at;

    if ( !there )
    {
        memset(to, 0, bytes);
        return bytes;
    }

    if ( bytes > there )
        bytes = there;

    return read_file(vmcore, chunk->offset + at, to, bytes) ? bytes : 0;
}

static const struct chunk *chunk_with(const struct vmcore *vmcore,
                                      uint64_t maddr)
{
    size_t i;

    for ( i = 0; i < vmcore->nr_memory; i++ )
        if ( maddr - vmcore->memory[i].maddr < vmcore->memory[i].bytes )
            return &vmcore->memory[i];

    return NULL;
}

bool vmcore_read(const struct vmcore *vmcore, uint64_t maddr, void *to,
                 size_t bytes)
{
    while ( bytes )
    {
        const struct chunk *chunk = chunk_with(vmcore, maddr);
        size_t done = chunk ? read_chunk(vmcore, chunk, maddr, to, bytes) : 0;

        if ( !done )
            return false;
        to = (char *)to + done;
        maddr += done;
        bytes -= done;
    }

    return true;
}

uint64_t vmcore_bytes(const struct vmcore *vmcore)
{
    uint64_t bytes = 0;
    size_t i;

    for ( i = 0; i < vmcore->nr_memory; i++ )
        bytes += vmcore->memory[i].bytes;

    return bytes;
}

uint64_t vmcore_bytes_missing(const struct vmcore *vmcore)
{
    return vmcore->missing;
}

/* The notes of one header; false when they end in the middle of one. */
static bool chunk_notes(struct vmcore *vmcore, const struct chunk *chunk,
                        void (*each)(const struct vmcore_note *, void *),
                        void *arg)
{
    Elf_Data *data = chunk->in_file <= MAX_NOTES_BYTES
                     ? elf_getdata_rawchunk(vmcore->elf, chunk->offset,
                                            chunk->in_file, ELF_T_NHDR)
                     : NULL;
    size_t at = 0, next, name_at, contents_at;
    GElf_Nhdr nhdr;

    if ( !data || !data->d_buf )
        return false;

    while ( (next = gelf_getnote(data, at, &nhdr, &name_at, &contents_at)) )
    {
        const char *name = (const char *)data->d_buf + name_at;
        struct vmcore_note note = {
            .name = nhdr.n_namesz && !name[nhdr.n_namesz - 1] ? name : "",
            .type = nhdr.n_type,
            .contents = (const uint8_t *)data->d_buf + contents_at,
            .bytes = nhdr.n_descsz,
        };

        each(&note, arg);
        at = next;
    }

    /* Linux fills up the last page of its notes with zeros. */
    return at == data->d_size || !((const char *)data->d_buf)[at];
}

bool vmcore_notes(struct vmcore *vmcore,
                  void (*each)(const struct vmcore_note *note, void *arg),
                  void *arg)
{
    bool good = true;
    size_t i;

    for ( i = 0; i < vmcore->nr_notes; i++ )
        if ( !chunk_notes(vmcore, &vmcore->notes[i], each, arg) )
            good = false;

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
