/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dump as a file.
 *
 * Attacked: the file cut at every place that matters, every byte of its
 * headers and notes changed, notes that are missing, files that are none.
 *
 * Must hold: an error that says what is wrong, or a report; memory reads as
 * what it was, or not at all.
 */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"

#include "made.h"

static struct made made;

static int setup(void **state)
{
    made_start(&made);

    return 0;
}

static int teardown(void **state)
{
    made_end(&made);

    return 0;
}

/* The report is whole, lacks something and says so, or there is none. */
static int consistent_status(void)
{
    struct result result = made_report(&made);
    int status = result.status;

    if ( status == 2 )
        assert_true(result.error.used && !result.text);
    else
    {
        assert_int_equal(result.error.used, 0);
        assert_int_equal(!!strstr(result.text, "What this report lacks"),
                         status == 1);
        assert_true(strstr(result.text, "\nCPU 0") || status == 1);
    }
    made_result_free(&result);

    return status;
}

static void refused(const char *why)
{
    struct result result = made_report(&made);

    assert_int_equal(result.status, 2);
    if ( !strstr(text_get(&result.error), why) )
        fail_msg("\"%s\" is not in \"%s\"", why, text_get(&result.error));
    made_result_free(&result);
}

static void a_good_one_lacks_nothing(void **state)
{
    struct result result = made_report(&made);

    if ( result.status )
        fail_msg("%s%s", text_get(&result.error),
                 result.text ? result.text : "");
    made_result_free(&result);
}

static struct vmcore *open_made(void)
{
    struct text error = {};
    char path[32];
    struct vmcore *vmcore = vmcore_open(made_path(&made, path), &error);

    assert_non_null(vmcore);
    assert_int_equal(error.used, 0);

    return vmcore;
}

static void memory_is_what_it_was(void **state)
{
    uint8_t bytes[2 * PAGE];
    struct vmcore *vmcore;
    unsigned int i;

    for ( i = 0; i < 64; i++ )
        *made_at(&made, HEAP_PAGE(30) + i) = i + 1;
    vmcore = open_made();

    assert_true(vmcore_read(vmcore, HEAP_PAGE(30) + 3, bytes, 9));
    for ( i = 0; i < 9; i++ )
        assert_int_equal(bytes[i], 3 + i + 1);

    /* To the last byte of what there is, and none before or behind it. */
    assert_true(vmcore_read(vmcore, HEAP_PAGE(HEAP_PAGES) - 1, bytes, 1));
    assert_false(vmcore_read(vmcore, HEAP_PAGE(HEAP_PAGES) - 1, bytes, 2));
    assert_false(vmcore_read(vmcore, HEAP_PAGE(HEAP_PAGES), bytes, 1));
    assert_false(vmcore_read(vmcore, HEAP_MADDR - 1, bytes, 2));
    assert_false(vmcore_read(vmcore, 0, bytes, 1));
    assert_false(vmcore_read(vmcore, ~0ULL, bytes, 2));

    vmcore_close(vmcore);
}

/* Of a page that a filter has left out, the file has no bytes. */
static void what_has_no_bytes_reads_as_zeros(void **state)
{
    struct vmcore *vmcore = open_made();
    uint8_t bytes[PAGE], zeros[PAGE] = {};

    memset(bytes, 0xff, sizeof(bytes));
    assert_true(vmcore_read(vmcore, ZEROS_MADDR, bytes, sizeof(bytes)));
    assert_memory_equal(bytes, zeros, sizeof(bytes));
    assert_false(vmcore_read(vmcore, ZEROS_MADDR + 1, bytes, sizeof(bytes)));
    vmcore_close(vmcore);
}

static void adjacent_pieces_are_one(void **state)
{
    Elf64_Phdr *phdrs;
    struct vmcore *vmcore;
    uint64_t value = 0x1122334455667788, found;

    made_u64(&made, HEAP_PAGE(1) - 4, value);
    made_file(&made);
    phdrs = (Elf64_Phdr *)(made.file + sizeof(Elf64_Ehdr));
    /* The one of zeros becomes the rest of the one before. */
    phdrs[3] = phdrs[2];
    phdrs[2].p_filesz = phdrs[2].p_memsz = PAGE;
    phdrs[3].p_paddr += PAGE;
    phdrs[3].p_offset += PAGE;
    phdrs[3].p_filesz -= PAGE;
    phdrs[3].p_memsz -= PAGE;

    vmcore = open_made();
    assert_true(vmcore_read(vmcore, HEAP_PAGE(1) - 4, &found, sizeof(found)));
    assert_int_equal(found, value);
    vmcore_close(vmcore);
}

/*
 * At every byte of the headers and notes, and at some of each page.
 */
static void a_file_cut_anywhere(void **state)
{
    size_t whole, cut, headers;
    unsigned int lacking = 0;

    made_file(&made);
    whole = made.bytes;
    headers = made.notes_at + made.notes_bytes;

    for ( cut = 0; cut < whole; cut += cut < headers ? 1 : 509 )
    {
        made.bytes = cut;
        lacking += consistent_status() == 1;
    }
    /* Not all of it is given up on for what is missing at the end. */
    assert_true(lacking > (whole - headers) / 509 / 2);

    made.bytes = whole;
    assert_int_equal(consistent_status(), 0);
}

static void a_cut_file_says_so(void **state)
{
    struct result result;

    made_file(&made);
    made.bytes -= 2 * PAGE;
    result = made_report(&made);
    assert_int_equal(result.status, 1);
    assert_non_null(strstr(result.text,
                           "the file is cut: 8 KiB are missing"));
    made_result_free(&result);
}

static const uint8_t patterns[] = { 0x00, 0x7f, 0xff };

/* Whatever it is changed to. */
static void change_each_byte(size_t from, size_t to)
{
    size_t at, i;

    for ( at = from; at < to; at++ )
    {
        uint8_t before = made.file[at];

        for ( i = 0; i < sizeof(patterns); i++ )
        {
            made.file[at] = patterns[i];
            consistent_status();
        }
        made.file[at] = before;
    }
    assert_int_equal(consistent_status(), 0);
}

static void any_byte_of_the_headers_changed(void **state)
{
    made_file(&made);
    change_each_byte(0, made.notes_at);
}

static void any_byte_of_the_notes_changed(void **state)
{
    made_file(&made);
    /* Up to where vmcoreinfo's text ends, and some bytes behind it. */
    change_each_byte(made.notes_at,
                     made.notes_at + made.notes_bytes -
                     sizeof(made.vmcoreinfo) + strlen(made.vmcoreinfo) + 8);
}

static void what_is_no_dump_is_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
        const char *why;
    } changes[] = {
        { 0, 'X', "not an ELF file" },
        { EI_CLASS, ELFCLASS32, "no core file of a 64-bit x86 host" },
        { EI_DATA, ELFDATA2MSB, "no core file of a 64-bit x86 host" },
        { offsetof(Elf64_Ehdr, e_type), ET_EXEC, "no core file" },
        { offsetof(Elf64_Ehdr, e_machine), EM_386, "no core file" },
        { offsetof(Elf64_Ehdr, e_phnum), 0, "no program headers" },
        { offsetof(Elf64_Ehdr, e_phentsize), sizeof(Elf32_Phdr),
          "no program headers" },
        { sizeof(Elf64_Ehdr), PT_NULL, "has no notes" },
    };
    size_t i;

    made_file(&made);
    for ( i = 0; i < sizeof(changes) / sizeof(*changes); i++ )
    {
        uint8_t before = made.file[changes[i].at];

        made.file[changes[i].at] = changes[i].value;
        refused(changes[i].why);
        made.file[changes[i].at] = before;
    }

    made.bytes = 0;
    refused("not an ELF file");
}

/* With too many for its field, the first section header has the number. */
static void the_number_of_headers_elsewhere(void **state)
{
    Elf64_Shdr first = {};
    Elf64_Ehdr *ehdr;

    made_file(&made);
    ehdr = (Elf64_Ehdr *)made.file;
    first.sh_info = ehdr->e_phnum;
    ehdr->e_phnum = PN_XNUM;
    /* In dom0's last page, where nobody looks. */
    ehdr->e_shoff = made.bytes - PAGE;
    memcpy(made.file + ehdr->e_shoff, &first, sizeof(first));
    a_good_one_lacks_nothing(state);

    ehdr->e_shoff = made.bytes - sizeof(first) + 1;
    refused("no program headers");
}

static void what_cannot_be_opened_is_refused(void **state)
{
    struct text error = {};

    assert_null(vmcore_open("/proc/self/no such file", &error));
    assert_non_null(strstr(text_get(&error), "No such file"));
    text_free(&error);
    assert_null(vmcore_open("/", &error));
    assert_true(error.used > 0);
    text_free(&error);
}

static void notes_that_are_not_there(void **state)
{
    struct result result;

    made.no_cpus = true;
    result = made_report(&made);
    assert_int_equal(result.status, 1);
    assert_non_null(strstr(result.text, "no CPU has registers"));
    assert_non_null(strstr(result.text, "no note about Xen"));
    made_result_free(&result);
    made_end(&made);

    made_start(&made);
    made.no_vmcoreinfo = true;
    result = made_report(&made);
    assert_int_equal(result.status, 1);
    assert_non_null(strstr(result.text, "no console ring"));
    assert_non_null(strstr(result.text, "no list of domains"));
    assert_non_null(strstr(result.text, "nothing says which CPU crashed"));
    made_result_free(&result);
    made_end(&made);

    made_start(&made);
    made.no_cpus = made.no_vmcoreinfo = true;
    refused("no dump of Xen");
}

/* Only they tell where Xen is; with CR3 it is found without. */
static void without_the_note_about_xen_there_is_cr3(void **state)
{
    struct result result;

    made.no_xen_info = true;
    result = made_report(&made);
    assert_int_equal(result.status, 1);
    assert_non_null(strstr(result.text, "no note about Xen"));
    assert_non_null(strstr(result.text, "triggering crashdump"));
    assert_non_null(strstr(result.text, "Domains: 2"));
    made_result_free(&result);
    made_end(&made);

    made_start(&made);
    made.no_xen_info = true;
    made.control[0][2] = made.control[1][2] = 0;
    result = made_report(&made);
    assert_int_equal(result.status, 1);
    assert_non_null(strstr(result.text, "page tables are not in the dump"));
    made_result_free(&result);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_good_one_lacks_nothing),
        TEST(memory_is_what_it_was),
        TEST(what_has_no_bytes_reads_as_zeros),
        TEST(adjacent_pieces_are_one),
        TEST(a_file_cut_anywhere),
        TEST(a_cut_file_says_so),
        TEST(any_byte_of_the_headers_changed),
        TEST(any_byte_of_the_notes_changed),
        TEST(what_is_no_dump_is_refused),
        TEST(the_number_of_headers_elsewhere),
        TEST(what_cannot_be_opened_is_refused),
        TEST(notes_that_are_not_there),
        TEST(without_the_note_about_xen_there_is_cr3),
    };

    return cmocka_run_group_tests_name("vmcore-file", tests, NULL, NULL);
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
