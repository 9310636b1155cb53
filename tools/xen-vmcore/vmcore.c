/* SPDX-License-Identifier: GPL-2.0-only */

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmcore.h"

/* More than the notes of the largest host need: 16384 CPUs of 1 KiB. */
#define MAX_NOTES_BYTES (64u << 20)

/* A program header, with what the file really has of it. */
struct chunk {
    uint64_t maddr, bytes;
    uint64_t offset, in_file;
    uint8_t *contents;          /* Of notes that were read, else NULL */
};

struct vmcore {
    int fd;
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
static struct chunk chunk_of(struct vmcore *vmcore, const Elf64_Phdr *phdr)
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

/* How many program headers; 0 if that cannot be told. */
static size_t program_headers(const struct vmcore *vmcore,
                              const Elf64_Ehdr *ehdr)
{
    Elf64_Shdr first;

    if ( ehdr->e_phentsize != sizeof(Elf64_Phdr) )
        return 0;

    /* Too many for the field: the first section header has the number. */
    if ( ehdr->e_phnum == PN_XNUM )
        return read_file(vmcore, ehdr->e_shoff, &first, sizeof(first))
               ? first.sh_info : 0;

    return ehdr->e_phnum;
}

static bool read_headers(struct vmcore *vmcore, struct text *error)
{
    Elf64_Ehdr ehdr;
    Elf64_Phdr phdr;
    size_t nr, i;

    if ( !read_file(vmcore, 0, &ehdr, sizeof(ehdr)) ||
         memcmp(ehdr.e_ident, ELFMAG, SELFMAG) != 0 )
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

    nr = program_headers(vmcore, &ehdr);
    if ( !nr )
    {
        text_add(error, "has no program headers");
        return false;
    }

    for ( i = 0; i < nr; i++ )
    {
        if ( !read_file(vmcore, ehdr.e_phoff + i * sizeof(phdr), &phdr,
                        sizeof(phdr)) )
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
    off_t end;

    vmcore->fd = open(path, O_RDONLY | O_CLOEXEC);
    /* Of a disk, there is no size but its end. */
    end = vmcore->fd < 0 ? -1 : lseek(vmcore->fd, 0, SEEK_END);
    if ( end < 0 )
    {
        text_add(error, "%s", strerror(errno));
        goto fail;
    }
    vmcore->file_bytes = end;

    if ( read_headers(vmcore, error) )
        return vmcore;

 fail:
    vmcore_close(vmcore);

    return NULL;
}

void vmcore_close(struct vmcore *vmcore)
{
    size_t i;

    if ( !vmcore )
        return;

    for ( i = 0; i < vmcore->nr_notes; i++ )
        free(vmcore->notes[i].contents);
    if ( vmcore->fd >= 0 )
        close(vmcore->fd);
    free(vmcore->memory);
    free(vmcore->notes);
    free(vmcore);
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

static uint64_t padded(uint64_t bytes)
{
    return (bytes + 3) & ~3ULL;
}

/* The notes of one header; false when they end in the middle of one. */
static bool chunk_notes(struct vmcore *vmcore, struct chunk *chunk,
                        void (*each)(const struct vmcore_note *, void *),
                        void *arg)
{
    uint64_t at = 0, bytes = chunk->in_file;
    Elf64_Nhdr nhdr;

    if ( bytes > MAX_NOTES_BYTES )
        return false;
    if ( !chunk->contents )
        chunk->contents = must_alloc(bytes, 1);
    if ( !read_file(vmcore, chunk->offset, chunk->contents, bytes) )
        return false;

    while ( bytes - at >= sizeof(nhdr) )
    {
        uint64_t name_at = at + sizeof(nhdr), contents_at;
        struct vmcore_note note = { .name = "" };

        memcpy(&nhdr, chunk->contents + at, sizeof(nhdr));
        contents_at = name_at + padded(nhdr.n_namesz);
        if ( contents_at > bytes || nhdr.n_descsz > bytes - contents_at )
            break;

        if ( nhdr.n_namesz && !chunk->contents[name_at + nhdr.n_namesz - 1] )
            note.name = (const char *)chunk->contents + name_at;
        note.type = nhdr.n_type;
        note.contents = chunk->contents + contents_at;
        note.bytes = nhdr.n_descsz;
        each(&note, arg);

        at = contents_at + padded(nhdr.n_descsz);
        if ( at > bytes )
            at = bytes;
    }

    /* Linux fills up the last page of its notes with zeros. */
    return at == bytes || !chunk->contents[at];
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
